import MixFlowModels
import MixFlowTensor

/// How many parameters a run trains in which way, known without their values.
public struct SelectionReport: Equatable, Sendable {
  /// Parameters that are treated alike.
  public struct Part: Equatable, Sendable {
    /// How the optimizer treats them.
    public let group: AdamW.Group
    /// The number of arrays.
    public internal(set) var arrays = 0
    /// The number of values.
    public internal(set) var values = 0
  }

  /// The groups, in the order in which the model first has one of each.
  public private(set) var trained: [Part] = []
  /// The values that training leaves as they are, fixed tables included.
  public private(set) var frozenValues = 0

  /// The values that are trained.
  public var trainedValues: Int { trained.reduce(0) { $0 + $1.values } }

  /// Sorts the parameters of a model by a run's rules.
  ///
  /// - Parameters:
  ///   - configuration: The rules, and the adapters.
  ///   - sizes: The model's sizes.
  /// - Throws: ``ConfigurationError`` for a pattern that matches nothing.
  public init(_ configuration: RunConfiguration, of sizes: ModelConfiguration) throws {
    let selection = ParameterSelection(configuration)
    let parameters = try sizes.makeModel(from: UnwrittenParameters(), configuration.lora).parameters
    try selection.apply(to: parameters)
    for parameter in parameters {
      guard parameter.isTrainable else {
        frozenValues += parameter.value.count
        continue
      }
      let group = selection.group(of: parameter.name)
      let place = trained.firstIndex { $0.group == group } ?? trained.count
      if place == trained.count { trained.append(Part(group: group)) }
      trained[place].arrays += 1
      trained[place].values += parameter.value.count
    }
  }
}

/// Memory that is reserved and never touched, for a model of which names and shapes alone are wanted.
private final class UnwrittenParameters: ParameterSource {
  func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
    Tensor(shape: shape) { _ in }
  }

  func buffer(for key: String, formula: Tensor) -> Tensor { formula }
}

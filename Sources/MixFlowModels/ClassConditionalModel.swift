import MixFlowTensor

/// A network that maps a state, a time and a class to a prediction of the state's shape.
public protocol ClassConditionalModel {
  /// All parameters, in the order of the official state dict.
  var parameters: [Parameter] { get }
  /// The shape of one sample, `[C, H, W]`.
  var sampleShape: [Int] { get }
  /// The number of classes, the null class not counted.
  var classCount: Int { get }
  /// The label that stands for no class, or nil when the model has none.
  var nullClass: Int? { get }

  /// Predicts.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - t: Times `[B]`, in the model's own convention.
  ///   - labels: Classes `[B]`, each below ``classCount`` or the ``nullClass``.
  ///   - tape: Where to record the computation, or nil to infer.
  /// - Returns: `[B, C, H, W]`.
  func callAsFunction(_ x: Variable, t: [Float], labels: [Int], on tape: Tape?) -> Variable
}

extension SiT: ClassConditionalModel {
  /// The shape of one sample, `[C, H, W]`.
  public var sampleShape: [Int] {
    [configuration.inChannels, configuration.inputSize, configuration.inputSize]
  }
  /// The number of classes, the null class not counted.
  public var classCount: Int { configuration.classCount }
  /// The label that stands for no class, or nil when the model has none.
  public var nullClass: Int? { configuration.nullClass }
}

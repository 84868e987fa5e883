import MixFlowCheckpoint
import MixFlowTensor

/// Takes a model's parameters from a checkpoint, and draws those afresh that a list allows to be
/// missing or of another shape.
final class PartialParameters: ParameterSource {
  private let reader: StateDictReader
  private let fresh: RandomParameters
  private let missing: [ParameterPattern]
  private let unused: [ParameterPattern]
  /// The parameters that were drawn afresh, in the order of the model.
  private(set) var reinitialised: [String] = []

  /// Reads from a state dict.
  ///
  /// - Parameters:
  ///   - state: The state dict.
  ///   - options: What may be missing or left over.
  ///   - seed: The seed of what is drawn afresh.
  init(_ state: StateDict, _ options: WarmStart, seed: UInt64) {
    reader = StateDictReader(state)
    fresh = RandomParameters(seed: seed)
    missing = options.allowMissing.map(ParameterPattern.init)
    unused = options.allowUnused.map(ParameterPattern.init)
  }

  func value(for key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
    guard reader.state.shape(of: key) != shape, missing.contains(where: { $0.matches(key) }) else {
      return try reader.tensor(key, shape: shape)
    }
    reader.skip(key)
    reinitialised.append(key)
    return fresh.value(for: key, shape: shape, initializer: initializer)
  }

  func buffer(for key: String, formula: Tensor) throws -> Tensor {
    guard let shape = reader.state.shape(of: key) else { return formula }
    guard shape != formula.shape, missing.contains(where: { $0.matches(key) }) else {
      return try reader.tensor(key, shape: formula.shape)
    }
    reader.skip(key)
    return formula
  }

  /// Refuses a file that holds more than the model took and the list allows.
  func expectAllRead() throws(CheckpointError) {
    try reader.expectAllRead { key in unused.contains { $0.matches(key) } }
  }
}

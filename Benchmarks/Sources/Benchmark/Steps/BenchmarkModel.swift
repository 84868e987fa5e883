import MixFlowModels
import MixFlowTensor

/// Builds a model by its name; `tiny` is that of the quickstart's size.
///
/// - Parameter name: `tiny` or a published size such as `S/2`.
/// - Returns: The model with random weights.
/// - Throws: ``ModelConfigurationError`` for a name that is not known.
func benchmarkModel(named name: String) throws -> SiT {
  let sizes =
    name == "tiny"
    ? SiTConfiguration(inputSize: 16, patchSize: 2, inChannels: 3, width: 128, depth: 6, heads: 4)
    : try SiTConfiguration(named: name)
  return try SiT(sizes, from: MidTraining())
}

/// Random weights everywhere, as in the middle of training: no zero makes a step special.
private final class MidTraining: ParameterSource {
  private let source = RandomParameters(seed: 1)

  func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
    source.value(for: key, shape: shape, initializer: .normal(deviation: 0.02))
  }
}

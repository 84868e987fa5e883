import MixFlowCheckpoint
import MixFlowTensor

/// Takes parameters from a state dict as they are, and tells what was left over.
package final class StateDictParameters: ParameterSource {
  package let reader: StateDictReader

  package init(_ state: StateDict) {
    reader = StateDictReader(state)
  }

  package func value(for key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
    try reader.tensor(key, shape: shape)
  }
}

import MixFlowModels
import MixFlowTensor
import MixFlowTraining
import MixFlowTransport

/// An Euler step with classifier-free guidance: both predictions come from one batch of twice the
/// samples.
struct SamplingStep: StepWorkload {
  private let network: GuidedNetwork
  private var state: Tensor

  /// Prepares steps of `batch` samples.
  init(of model: SiT, batch: Int) throws {
    network = try GuidedNetwork(
      model, labels: (0..<batch).map { $0 * 97 % model.classCount },
      guidance: ClassifierFreeGuidance(scale: 4))
    var generator = Philox(seed: 0)
    state = Tensor(normal: [batch] + model.sampleShape, using: &generator)
  }

  mutating func step() {
    state = Euler().step(state, from: 0.5, by: 1e-3, along: network.callAsFunction)
  }
}

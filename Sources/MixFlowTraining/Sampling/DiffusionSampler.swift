import MixFlowTensor
import MixFlowTransport

/// DiT's sampler: back along the chain of a diffusion, in double precision (DiT `sample.py`).
///
/// The network is told the whole steps that it was trained on, 0 being the cleanest; by intervals of
/// guidance the noisiest step is at 0 and step 0 at 1.
public struct DiffusionSampler: NetworkSampler {
  /// The chain, with the steps that are kept.
  public let diffusion: GaussianDiffusion
  /// How to go back.
  public let method: GaussianDiffusion.Method

  /// Makes a sampler.
  ///
  /// - Parameters:
  ///   - steps: The steps that are kept of the 1000 of training.
  ///   - method: How to go back.
  /// - Throws: `TransportError` for fewer than two steps or more than there are.
  public init(
    steps: Int = 250, by method: GaussianDiffusion.Method = .ancestral
  ) throws(TransportError) {
    diffusion = try GaussianDiffusion(respacing: .sections([steps]))
    self.method = method
  }

  public var isAdaptive: Bool { false }
  public var evaluationTimes: [Double] { diffusion.trainingSteps.reversed().map(Double.init) }

  public func sample(
    from noise: Tensor, through network: GuidedNetwork, stochasticNoise: (Int) throws -> Tensor,
    observer: (SolverStep<Tensor>) throws -> Void
  ) throws -> Tensor {
    let shape = Array(noise.shape.dropFirst())
    let noisiest = Double(diffusion.trainingSteps.last ?? 1)
    let samples = try diffusion.sample(
      from: DoubleBatch(noise), by: method,
      network: { x, step in
        let time = Double(step)
        return DoubleBatch(
          network(x.tensor(sampleShape: shape), time, decidedAt: 1 - time / noisiest))
      },
      noise: { _, step in DoubleBatch(try stochasticNoise(step)) },
      observer: { step in try observer(step.map { $0.tensor(sampleShape: shape) }) })
    return samples.tensor(sampleShape: shape)
  }
}

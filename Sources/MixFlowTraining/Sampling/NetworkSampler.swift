import MixFlowTensor
import MixFlowTransport

/// A way from noise to samples of a network, as one of the code bases goes it.
public protocol NetworkSampler: Sendable {
  /// Whether the steps depend on the error over the whole batch.
  var isAdaptive: Bool { get }
  /// The times at which the network is called, one after another, or none where that is not known.
  var evaluationTimes: [Double] { get }

  /// Moves noise to samples.
  ///
  /// - Parameters:
  ///   - noise: Standard normal numbers, `[B, C, H, W]`.
  ///   - network: The model with its classes and its guidance.
  ///   - stochasticNoise: Such numbers for stochastic step `0, 1, …`.
  ///   - observer: Called after every step; it cancels by throwing.
  /// - Returns: The samples, of the shape of the noise.
  /// - Throws: What the closures throw, and `TransportError` of an adaptive solver.
  func sample(
    from noise: Tensor, through network: GuidedNetwork, stochasticNoise: (Int) throws -> Tensor,
    observer: (SolverStep<Tensor>) throws -> Void
  ) throws -> Tensor
}

/// SiT's sampler and RAE's, in single precision.
extension FlowSampler: NetworkSampler {
  public func sample(
    from noise: Tensor, through network: GuidedNetwork, stochasticNoise: (Int) throws -> Tensor,
    observer: (SolverStep<Tensor>) throws -> Void
  ) throws -> Tensor {
    try sample(
      from: noise, network: { network($0, $1) },
      stochasticNoise: { _, step in try stochasticNoise(step) }, observer: observer)
  }
}

/// REPA's sampler, which keeps its states in double precision and guides a step by its start.
extension REPASampler: NetworkSampler {
  public var isAdaptive: Bool { false }

  public var evaluationTimes: [Double] {
    var times: [Double] = []
    // The sampler throws nothing of its own.
    _ = try? sample(
      from: NoSamples(),
      velocity: { x, t, _ in
        times.append(t)
        return x
      }, noise: { x, _ in x })
    return times
  }

  public func sample(
    from noise: Tensor, through network: GuidedNetwork, stochasticNoise: (Int) throws -> Tensor,
    observer: (SolverStep<Tensor>) throws -> Void
  ) throws -> Tensor {
    let shape = Array(noise.shape.dropFirst())
    let samples = try sample(
      from: DoubleBatch(noise),
      velocity: { x, t, start in
        DoubleBatch(network(x.tensor(sampleShape: shape), t, decidedAt: start))
      },
      noise: { _, step in DoubleBatch(try stochasticNoise(step)) },
      observer: { step in try observer(step.map { $0.tensor(sampleShape: shape) }) })
    return samples.tensor(sampleShape: shape)
  }
}

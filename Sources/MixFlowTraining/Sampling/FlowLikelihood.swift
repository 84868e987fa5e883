import Foundation
import MixFlowModels
import MixFlowTensor
import MixFlowTransport

/// The log-density of data under a flow: the ordinary equation from data to noise, with Hutchinson's
/// estimate of the divergence (SiT `Sampler.sample_ode_likelihood`).
///
/// `log p(x) = log N(noise; 0, 1) + ∫ div v dt`. The estimate needs the derivative of the network's
/// output by its input, once for each evaluation.
public struct FlowLikelihood {
  /// What the flow says about a batch.
  public struct Result {
    /// The noise that the data come from, `[B, C, H, W]`.
    public let noise: Tensor
    /// The natural logarithm of each sample's density, `[B]`.
    public let logDensity: [Double]
  }

  private let model: any ClassConditionalModel
  private let intervals: TimeIntervals
  private let solver: any ODESolver
  private let grid: TimeGrid

  /// Prepares a measurement.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - intervals: The path and prediction that it was trained with.
  ///   - kind: The solver.
  ///   - points: The points of the time grid, one more than its steps.
  ///   - tolerance: The error allowed in a step of an adaptive solver.
  /// - Throws: `TransportError` for too few points.
  public init(
    model: any ClassConditionalModel, intervals: TimeIntervals, solver kind: SolverKind,
    points: Int, tolerance: ErrorTolerance = ErrorTolerance()
  ) throws(TransportError) {
    self.model = model
    self.intervals = intervals
    solver = kind.solver(tolerance: tolerance)
    // Upstream counts the time from the data on.
    grid = try TimeGrid(points: points, over: TimeConvention.dataAtZero.convert(intervals.ode))
  }

  /// Measures a batch.
  ///
  /// - Parameters:
  ///   - data: The data, `[B, C, H, W]`.
  ///   - labels: The class of each sample.
  ///   - signs: Numbers of −1 and 1, of the shape of the data, for evaluation `0, 1, …`.
  /// - Returns: The noise and the log-densities.
  /// - Throws: What `signs` throws, ``SamplingError``, and `TransportError` of an adaptive solver.
  public func callAsFunction(
    of data: Tensor, labels: [Int], signs: (Int) throws -> Tensor
  ) throws -> Result {
    let path = intervals.path.path
    let size = Double(data.count / max(labels.count, 1))
    var evaluation = 0
    let end = try solver.solve(from: LikelihoodState(position: data), over: grid) { state, s in
      let t = TimeConvention.dataAtZero.convert(s)
      let probe = try signs(evaluation)
      evaluation += 1
      let (output, slopes) = divergence(at: state.position, t: t, labels: labels, along: probe)
      let weights = intervals.prediction.weights(to: .velocity, at: t, along: path)
      let velocity = intervals.prediction.convert(
        output, to: .velocity, x: state.position, t: t, along: path)
      return LikelihoodState(
        position: velocity.scaled(by: -1),
        logDensityChange: slopes.map { weights.output * $0 + weights.state * size })
    }
    let logDensity = labels.indices.map { sample in
      -size / 2 * log(2 * .pi) - end.position.samples(sample..<sample + 1).squaredNorm() / 2
        - end.logDensityChange[sample]
    }
    guard end.position.isFinite(), logDensity.allSatisfy(\.isFinite) else {
      throw SamplingError.notFinite(firstSample: 0)
    }
    return Result(noise: end.position, logDensity: logDensity)
  }

  /// The network's output, and `probe · J probe` for its Jacobian `J`, sample by sample.
  private func divergence(
    at x: Tensor, t: Double, labels: [Int], along probe: Tensor
  ) -> (output: Tensor, slopes: [Double]) {
    // The parameters' gradients are not wanted.
    let tape = Tape(onFinalGradient: { $0.gradient = nil })
    let input = tape.input(x)
    let output = model(input, t: labels.map { _ in Float(t) }, labels: labels, on: tape)
    tape.backward(from: output, gradient: probe)
    let gradient = input.gradient ?? Tensor(zeros: x.shape)
    let products = gradient * probe
    return (output.value, labels.indices.map { Double(products.samples($0..<$0 + 1).sum()) })
  }
}

extension FlowLikelihood {
  /// The distance of the values of neighbouring bytes, which lie in [-1, 1].
  public static let byteWidth: Float = 2 / 255

  /// Measures samples of a data set, each with signs of its own that depend on its index alone.
  ///
  /// The values of pictures are spread evenly over the intervals of their bytes, ``byteWidth`` wide, so
  /// that the density bounds the probability of the bytes from below (Theis et al., 2016).
  ///
  /// - Parameters:
  ///   - data: The data.
  ///   - range: The indices of the samples.
  ///   - seed: The seed of the signs, of the values within bytes, and of the latents drawn from an
  ///     autoencoder's posterior.
  /// - Returns: The noise and the log-densities.
  /// - Throws: ``SamplingError``, `TransportError` of an adaptive solver, or an error of the data.
  public func callAsFunction(
    of data: any DataSource, _ range: Range<Int>, seed: UInt64
  ) throws -> Result {
    let shape = [range.count, data.channels, data.height, data.width]
    let batch = Tensor(
      try range.flatMap { index -> [Float] in
        let drawn = try data.drawn(
          index, RandomPurpose.latent.generator(seed: seed, index: index))
        guard data.latentOrigin == nil else { return drawn }
        var generator = RandomPurpose.dequantization.generator(seed: seed, index: index)
        return drawn.map { $0 + Self.byteWidth * Float(generator.uniform() - 0.5) }
      }, shape: shape)
    return try self(of: batch, labels: range.map(data.label)) { evaluation in
      let signs = range.flatMap { index in
        var generator = RandomPurpose.probe.generator(seed: seed, index: index << 24 | evaluation)
        return (0..<data.sampleCount).map { _ in generator.uniform() < 0.5 ? -1 : Float(1) }
      }
      return Tensor(signs, shape: shape)
    }
  }
}

extension DataSource {
  /// A sample as training may meet it.
  fileprivate func drawn(_ index: Int, _ noise: Philox) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: sampleCount) { buffer, count in
      try writeSample(
        at: index, flipped: false, noise: noise,
        into: UnsafeMutableBufferPointer(rebasing: buffer[..<sampleCount]))
      count = sampleCount
    }
  }
}

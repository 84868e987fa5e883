/// A state together with the change of its log-density along the flow.
///
/// Solve `dx/dt = v`, `dℓ/dt = −div v` from data to noise (a ``TimeGrid/reversed`` grid) and
/// `log p(data) = log N(x_noise; 0, 1) − ℓ`. The field estimates the divergence as
/// `Σ ε · ∂(v · ε)/∂x` with fresh signs `ε` (Hutchinson). SiT `Sampler.sample_ode_likelihood`.
public struct LikelihoodState<State: FlowState>: FlowState {
  /// The state.
  public var position: State
  /// The change of log-density so far, `[B]`.
  public var logDensityChange: [Double]

  /// Makes a state.
  ///
  /// - Parameters:
  ///   - position: The state.
  ///   - logDensityChange: One number per sample; `nil` is 0.
  public init(position: State, logDensityChange: [Double]? = nil) {
    self.position = position
    self.logDensityChange = logDensityChange ?? [Double](repeating: 0, count: position.sampleCount)
  }

  public var sampleCount: Int { position.sampleCount }
  public var scalars: [Double] { position.scalars + logDensityChange }

  public func scaled(by factors: [Double]) -> Self {
    Self(
      position: position.scaled(by: factors),
      logDensityChange: zip(logDensityChange, factors).map(*))
  }

  public static func + (left: Self, right: Self) -> Self {
    Self(
      position: left.position + right.position,
      logDensityChange: zip(left.logDensityChange, right.logDensityChange).map(+))
  }

  public static func combination(_ terms: [(Double, Self)]) -> Self {
    precondition(!terms.isEmpty, "A combination needs at least one term.")
    let changes = terms[0].1.logDensityChange.indices.map { sample in
      terms.reduce(0) { $0 + $1.0 * $1.1.logDensityChange[sample] }
    }
    return Self(
      position: .combination(terms.map { ($0, $1.position) }), logDensityChange: changes)
  }

  /// Returns the larger of the norms of the two parts, as torchdiffeq's norm of tuples does.
  public static func errorNorm(
    of error: Self, between a: Self, and b: Self, tolerance: ErrorTolerance
  ) -> Double {
    let squares = error.logDensityChange.indices.reduce(0.0) { sum, sample in
      let size = max(a.logDensityChange[sample].magnitude, b.logDensityChange[sample].magnitude)
      let ratio =
        error.logDensityChange[sample] / (tolerance.absolute + tolerance.relative * size)
      return sum + ratio * ratio
    }
    return max(
      State.errorNorm(
        of: error.position, between: a.position, and: b.position, tolerance: tolerance),
      (squares / Double(max(error.sampleCount, 1))).squareRoot())
  }
}

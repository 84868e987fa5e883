/// An interpolation `x_t = α_t x1 + σ_t x0` between noise `x0` at `t = 0` and data `x1` at `t = 1`.
///
/// Written for one scalar time; batches map it over their times. The functions are smooth inside
/// `(0, 1)` and may be infinite at its ends, which is why ``TimeIntervals`` exists.
/// Notation of SiT (Ma et al., 2024), `transport/path.py`.
public protocol AffinePath: Sendable {
  /// Returns `α_t`, the weight of the data.
  func alpha(_ t: Double) -> Double
  /// Returns `σ_t`, the weight of the noise.
  func sigma(_ t: Double) -> Double
  /// Returns `dα_t/dt`.
  func alphaDerivative(_ t: Double) -> Double
  /// Returns `dσ_t/dt`.
  func sigmaDerivative(_ t: Double) -> Double

  /// Returns `d ln α_t/dt = α′/α`, the weight of the state in `v = (α′/α) x + w s`.
  ///
  /// Upstream's `compute_d_alpha_alpha_ratio_t`.
  func logAlphaDerivative(_ t: Double) -> Double

  /// Returns `w_t = (α′/α) σ² − σ σ′`, the weight of the score in `v = (α′/α) x + w s`.
  ///
  /// Upstream's `compute_drift` returns `−(α′/α) x` and this weight.
  func scoreWeight(_ t: Double) -> Double
}

extension AffinePath {
  public func logAlphaDerivative(_ t: Double) -> Double { alphaDerivative(t) / alpha(t) }

  public func scoreWeight(_ t: Double) -> Double {
    let sigma = sigma(t)
    return logAlphaDerivative(t) * sigma * sigma - sigma * sigmaDerivative(t)
  }

  /// Mixes noise and data, every sample at its own time.
  ///
  /// - Parameters:
  ///   - x0: The noise.
  ///   - x1: The data, of the same shape.
  ///   - t: One time per sample, `[B]`.
  /// - Returns: The points `x_t = α_t x1 + σ_t x0`.
  public func interpolate<State: FlowState>(from x0: State, to x1: State, t: [Double]) -> State {
    checkTimes(t, of: x1)
    return .combination([(t.map(alpha), x1), (t.map(sigma), x0)])
  }

  /// Differentiates the point by its time, every sample at its own.
  ///
  /// - Parameters:
  ///   - x0: The noise.
  ///   - x1: The data, of the same shape.
  ///   - t: One time per sample, `[B]`.
  /// - Returns: The velocities `u_t = α′_t x1 + σ′_t x0`.
  public func velocity<State: FlowState>(from x0: State, to x1: State, t: [Double]) -> State {
    checkTimes(t, of: x1)
    return .combination([(t.map(alphaDerivative), x1), (t.map(sigmaDerivative), x0)])
  }
}

func checkTimes<State: FlowState>(_ t: [Double], of x: State) {
  precondition(t.count == x.sampleCount, "\(t.count) times for \(x.sampleCount) samples.")
}

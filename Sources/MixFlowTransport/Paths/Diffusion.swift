/// The shapes of the diffusion coefficient `g_t` that SiT's stochastic samplers offer.
public enum DiffusionForm: String, NamedChoice {
  /// `n`, the same at all times.
  case constant
  /// `n w_t`, that of score-based diffusion; infinite at `t = 0` on the linear and GVP paths.
  case sbdm = "SBDM"
  /// `n σ_t`.
  case sigma
  /// `n (1 − t)`.
  case linear
  /// `¼ (n cos πt + 1)²`.
  case decreasing
  /// `n sin² πt`.
  case increasingDecreasing = "increasing-decreasing"

  public static var choiceName: String { "diffusion form" }

  /// The spelling of the key in SiT's and RAE's code, which their configurations must use.
  public static var aliases: [String: DiffusionForm] {
    ["inccreasing-decreasing": .increasingDecreasing]
  }
}

/// The diffusion coefficient `g_t ≥ 0` of the process `dx = (v + g s) dt + √(2g) dW`.
///
/// Every choice leaves the marginals of the flow as they are; it decides how much fresh noise the
/// sampler mixes in on its way.
public struct Diffusion: Hashable, Sendable {
  /// The shape over time.
  public let form: DiffusionForm
  /// The size, `n` in the formulas of ``DiffusionForm``.
  public let norm: Double

  /// Makes a coefficient.
  ///
  /// - Parameters:
  ///   - form: The shape over time.
  ///   - norm: The size, at least 0.
  /// - Throws: ``TransportError/outOfRange(_:value:allowed:)`` for a negative or infinite norm.
  public init(_ form: DiffusionForm, norm: Double = 1) throws(TransportError) {
    guard norm >= 0, norm.isFinite else {
      throw .outOfRange("diffusion_norm", value: norm, allowed: "finite and at least 0")
    }
    self.form = form
    self.norm = norm
  }

  /// Returns `g_t`.
  public func coefficient(at t: Double, along path: some AffinePath) -> Double {
    switch form {
    case .constant: return norm
    case .sbdm: return norm * path.scoreWeight(t)
    case .sigma: return norm * path.sigma(t)
    case .linear: return norm * (1 - t)
    case .decreasing:
      let root = norm * cos(.pi * t) + 1
      return 0.25 * root * root
    case .increasingDecreasing:
      let wave = sin(.pi * t)
      return norm * wave * wave
    }
  }
}

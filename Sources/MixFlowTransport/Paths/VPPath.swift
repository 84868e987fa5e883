/// The path of variance-preserving diffusion: `α_t = exp L(t)`, `σ_t² = 1 − α_t²`.
///
/// From Song and others (2021). `L(t) = −¼ (1−t)² (β₁ − β₀) − ½ (1−t) β₀` with `β₀ = 0.1` and `β₁ = 20`. It reaches pure data at
/// `t = 1`, where `σ′` is infinite, and only nearly pure noise at `t = 0`, where `α = 0.0066`.
public struct VPPath: AffinePath {
  private let lowest = 0.1
  private let highest = 20.0

  /// Makes the path.
  public init() {}

  private func logAlpha(_ t: Double) -> Double {
    -0.25 * (1 - t) * (1 - t) * (highest - lowest) - 0.5 * (1 - t) * lowest
  }

  public func alpha(_ t: Double) -> Double { exp(logAlpha(t)) }

  // expm1 keeps the digits that 1 − exp(2L) loses near the data, where L tends to 0.
  public func sigma(_ t: Double) -> Double { (-expm1(2 * logAlpha(t))).squareRoot() }

  public func alphaDerivative(_ t: Double) -> Double { alpha(t) * logAlphaDerivative(t) }

  public func sigmaDerivative(_ t: Double) -> Double {
    -exp(2 * logAlpha(t)) * logAlphaDerivative(t) / sigma(t)
  }

  public func logAlphaDerivative(_ t: Double) -> Double {
    0.5 * (1 - t) * (highest - lowest) + 0.5 * lowest
  }

  // For this path (α′/α) σ² − σ σ′ = L′ (σ² + α²) = L′.
  public func scoreWeight(_ t: Double) -> Double { logAlphaDerivative(t) }
}

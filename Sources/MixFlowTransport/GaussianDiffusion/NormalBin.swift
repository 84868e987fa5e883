/// The likelihood of one of 256 grey values on `[-1, 1]` under a normal distribution, which ends the
/// variational bound (Ho et al., 2020, equation 13).
enum NormalBin {
  private static let halfWidth = 1.0 / 255
  private static let least = 1e-12

  /// Returns `−ln p` of the bin around a value, and its derivative by the log-variance.
  ///
  /// The outer bins reach to infinity.
  static func negativeLogLikelihood(
    of x: Double, mean: Double, logVariance: Double
  ) -> (value: Double, slope: Double) {
    let sharpness = exp(-0.5 * logVariance)
    let above = sharpness * (x - mean + halfWidth)
    let below = sharpness * (x - mean - halfWidth)
    // Each bound z moves with the log-variance by −z / 2.
    let (probability, slope): (Double, Double) =
      if x < -0.999 {
        (distribution(above), -0.5 * above * density(above))
      } else if x > 0.999 {
        (1 - distribution(below), 0.5 * below * density(below))
      } else {
        (
          distribution(above) - distribution(below),
          -0.5 * (above * density(above) - below * density(below))
        )
      }
    guard probability > least else { return (-log(least), 0) }
    return (-log(probability), -slope / probability)
  }

  /// Upstream's approximation of the standard normal distribution, the one that GELU knows.
  private static func distribution(_ z: Double) -> Double { 0.5 * (1 + tanh(bend(z))) }

  /// The derivative of ``distribution(_:)``.
  private static func density(_ z: Double) -> Double {
    let wave = tanh(bend(z))
    return 0.5 * (1 - wave * wave) * (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * z * z)
  }

  private static func bend(_ z: Double) -> Double {
    (2 / Double.pi).squareRoot() * (z + 0.044715 * z * z * z)
  }
}

/// The standard normal distribution, for the truncated logit-normal law of times.
package enum NormalDistribution {
  /// Returns `Φ(z)`, the probability below `z`.
  package static func probability(below z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// Returns `Φ⁻¹(p)`; infinite at 0 and 1.
  ///
  /// Newton's method on `ln Φ`, which is concave: from a start to the left of the root it climbs to
  /// it without overshooting, for every `p` down to the smallest normal number.
  package static func quantile(_ p: Double) -> Double {
    guard p > 0 else { return -.infinity }
    guard p < 1 else { return .infinity }
    guard p <= 0.5 else { return -quantile(1 - p) }
    var z = -(-2 * log(p)).squareRoot()
    for _ in 0..<50 {
      let below = probability(below: z)
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      let step = log(p / below) * below / density
      z += step
      if step.magnitude < 1e-15 * (1 + z.magnitude) { break }
    }
    return z
  }
}

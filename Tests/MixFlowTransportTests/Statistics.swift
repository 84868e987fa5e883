import Foundation

/// The mean.
func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// The mean of the products of two columns less the product of their means.
func covariance(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / Double(a.count) - mean(a) * mean(b)
}

/// The correlation of two columns.
func correlation(_ a: [Double], _ b: [Double]) -> Double {
  covariance(a, b) / (covariance(a, a) * covariance(b, b)).squareRoot()
}

/// The largest distance between the observed and the expected distribution function.
func kolmogorovDistance(_ values: [Double], _ distribution: (Double) -> Double) -> Double {
  let count = Double(values.count)
  return values.sorted().enumerated().reduce(0) { worst, value in
    let expected = distribution(value.element)
    let below = Double(value.offset) / count
    return max(worst, abs(expected - below), abs(below + 1 / count - expected))
  }
}

/// The slope of a straight line fitted to `log2 error` over `log2 step`.
func fittedOrder(steps: [Int], errors: [Double]) -> Double {
  let x = steps.map { -log2(Double($0)) }
  let y = errors.map { log2($0) }
  return covariance(x, y) / covariance(x, x)
}

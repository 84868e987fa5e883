import Foundation
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Power-function profiles and the fit of one by others.
@Suite struct PowerProfileTests {
  /// The largest real roots of the cubic, by `numpy.roots`.
  static let exponents = [
    (0.01, 96.9948978237099), (0.05, 16.9721986023034), (0.08, 9.45225496567083),
    (0.1, 6.93720393760181), (0.2, 1.82621377989584), (0.28, 0.169343993769499),
  ]

  @Test(arguments: exponents)
  func exponentsAreTheRootsOfTheCubic(width: Double, exponent: Double) {
    expectClose(PowerProfile.exponent(ofWidth: width), exponent, relativeToMax: 1e-13)
  }

  @Test func widthsComeBack() {
    for place in 1...280 {
      let width = Double(place) / 1000
      let exponent = PowerProfile.exponent(ofWidth: width)
      expectClose(PowerProfile.width(ofExponent: exponent), width, relativeToMax: 1e-14)
    }
    for exponent in [0.2, 1, 5, 30, 1000] {
      let width = PowerProfile.width(ofExponent: exponent)
      expectClose(PowerProfile.exponent(ofWidth: width), exponent, relativeToMax: 1e-12)
    }
  }

  @Test(arguments: [0, -0.1, 0.2801, 1, .nan, .infinity])
  func otherNumbersAreNoWidths(width: Double) {
    #expect(!PowerProfile.isWidth(width))
    #expect(PowerProfile.isWidth(0.28) && PowerProfile.isWidth(1e-6))
  }

  /// The width is the deviation of the profile, relative to its length.
  @Test(arguments: [0.05, 0.1, 0.25])
  func theWidthIsTheDeviation(width: Double) {
    let profile = PowerProfile(width: width, updates: 400)
    let moments = (0...2).map { order in
      integral(from: 0, to: 400) { pow($0 / 400, Double(order)) * profile.density(at: $0) }
    }
    expectClose(moments[0], 1, relativeToMax: 1e-6)
    let variance = moments[2] - moments[1] * moments[1]
    expectClose(variance.squareRoot(), width, relativeToMax: 1e-4)
  }

  static let pairs = [
    (0.05, 300, 0.05, 300), (0.05, 300, 0.1, 300), (0.05, 120, 0.2, 300), (0.2, 120, 0.05, 300),
    (0.1, 300, 0.07, 17),
  ]

  @Test(arguments: pairs)
  func innerProductsAreIntegrals(a: Double, tA: Int, b: Double, tB: Int) {
    let (p, q) = (PowerProfile(width: a, updates: tA), PowerProfile(width: b, updates: tB))
    let numeric = integral(from: 0, to: Double(min(tA, tB))) {
      p.density(at: $0) * q.density(at: $0)
    }
    expectClose(p.innerProduct(with: q), numeric, relativeToMax: 1e-6)
    expectClose(p.innerProduct(with: q), q.innerProduct(with: p), relativeToMax: 1e-15)
  }

  /// The weight of the parameters after update n is the profile's integral from n − 1 to n.
  @Test(arguments: [0.05, 0.1, 0.28])
  func decaysFollowTheProfile(width: Double) {
    let updates = 50
    var weights: [Double] = []
    for update in 1...updates {
      let decay = PowerProfile.decay(width: width, at: update)
      weights = weights.map { decay * $0 } + [1 - decay]
    }
    let power = PowerProfile.exponent(ofWidth: width) + 1
    let expected = (1...updates).map { update in
      pow(Double(update) / Double(updates), power)
        - pow(Double(update - 1) / Double(updates), power)
    }
    expectClose(weights, expected, relativeToMax: 1e-13)
  }

  /// Against `numpy.linalg.solve`.
  @Test func fitsByLeastSquares() {
    let profiles = [100, 200, 300].flatMap { updates in
      [0.05, 0.1].map { PowerProfile(width: $0, updates: updates) }
    }
    let fit = ProfileFit(of: PowerProfile(width: 0.08, updates: 300), by: profiles)
    let expected = [
      2.676618220714904e-06, -3.658411396531622e-05, 0.0035930121881240047, -0.019472051634880208,
      0.25789113092104066, 0.7580218160214602,
    ]
    expectClose(fit.coefficients, expected, relativeToMax: 1e-10)
    expectClose(fit.relativeError, 0.04058967350642138, relativeToMax: 1e-6)
  }

  /// Profiles of four widths that lie close together are all but dependent.
  @Test(arguments: [1, 10, 200])
  func aStoredProfileIsFittedExactly(snapshots: Int) {
    let widths = [0.03, 0.06, 0.1, 0.2]
    let profiles = (1...snapshots).flatMap { snapshot in
      widths.map { PowerProfile(width: $0, updates: 500 * snapshot) }
    }
    for width in widths {
      let fit = ProfileFit(
        of: PowerProfile(width: width, updates: 500 * snapshots), by: profiles)
      #expect(fit.relativeError <= 1e-6)
      expectClose(fit.coefficients.reduce(0, +), 1, relativeToMax: 1e-12)
      #expect(fit.coefficients.reduce(0) { $0 + $1.magnitude } < 10)
    }
  }

  @Test func moreSnapshotsFitBetter() {
    let errors = [1, 4, 10, 50].map { snapshots in
      let profiles = (1...snapshots).flatMap { snapshot in
        [0.05, 0.1].map { PowerProfile(width: $0, updates: 1000 * snapshot / snapshots) }
      }
      return ProfileFit(of: PowerProfile(width: 0.07, updates: 1000), by: profiles).relativeError
    }
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $1 < $0 })
    #expect(errors[3] < 1e-3)
  }

  /// The integral by the trapezoid rule.
  private func integral(
    from start: Double, to end: Double, _ body: (Double) -> Double
  ) -> Double {
    let count = 200_000
    let step = (end - start) / Double(count)
    let inner = (1..<count).reduce(0) { $0 + body(start + Double($1) * step) }
    return step * (inner + (body(start) + body(end)) / 2)
  }
}

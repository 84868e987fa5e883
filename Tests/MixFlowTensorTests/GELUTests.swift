import Foundation
import MixFlowTensor
import Testing

/// The vector kernel of the exact GELU against the C library's error function in double.
@Suite struct GELUTests {
  /// Both signs, densest around zero.
  private static let points: [Float] = (-30_000...30_000).map { index in
    let part = Float(index) / 30_000
    return 16 * part * part * part
  }

  @Test func isExactToRounding() {
    let values = gelu(Tensor(Self.points, shape: [Self.points.count]), form: .erf).array
    for (x, y) in zip(Self.points.map(Double.init), values.map(Double.init)) {
      let exact = x * Self.cumulative(x)
      // An error of 2e-7 in erf moves the result by half of it times x.
      #expect(abs(y - exact) <= 1.5e-7 * abs(x), "gelu(\(x)) is \(y), not \(exact)")
      if x > -3 { #expect(abs(y - exact) <= 1e-6 * abs(exact), "gelu(\(x)) is \(y), not \(exact)") }
    }
  }

  @Test func gradientIsExactToRounding() {
    let x = Tensor(Self.points, shape: [Self.points.count])
    let slopes = geluVJP(x, form: .erf, gradient: Tensor(repeating: 1, shape: x.shape)).array
    for (x, slope) in zip(Self.points.map(Double.init), slopes.map(Double.init)) {
      let exact = Self.cumulative(x) + x * exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
      #expect(abs(slope - exact) <= 3e-7, "gelu'(\(x)) is \(slope), not \(exact)")
    }
  }

  @Test func extremesStayNumbers() {
    let extremes: [Float] = [.infinity, .nan, 0, -0.0, 1e30, -1e30]
    let values = gelu(Tensor(extremes, shape: [extremes.count]), form: .erf).array
    #expect(values[0] == .infinity)
    #expect(values[1].isNaN)
    #expect(values[2] == 0 && values[3] == 0)
    #expect(values[4] == 1e30)
    #expect(abs(values[5]) < 1e-6)
  }

  private static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
}

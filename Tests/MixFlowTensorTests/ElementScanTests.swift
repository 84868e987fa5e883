import MixFlowTensor
import Testing

@Suite struct ElementScanTests {
  /// Lengths around a row of lanes and around what one thread scans at once.
  static let counts = [0, 1, 15, 16, 17, 37, 65_536, 65_537, 3 * 65_536 + 21]

  private func check(_ values: [Float], _ comment: Comment) {
    let scan = Tensor(values, shape: [values.count]).scanned()
    let finite = values.filter(\.isFinite)
    let squares = finite.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(scan.nanCount == values.count { $0.isNaN }, comment)
    #expect(scan.infiniteCount == values.count { $0.isInfinite }, comment)
    #expect(scan.range?.lowerBound == finite.min(), comment)
    #expect(scan.range?.upperBound == finite.max(), comment)
    // What adding one after another may be off by.
    let rounding = Double(values.count) * .ulpOfOne * squares
    #expect(abs(scan.squaredNorm - squares) <= rounding, comment)
  }

  @Test(arguments: counts)
  func agreesWithAPlainLoop(count: Int) {
    var generator = Philox(seed: 1)
    let values = Tensor(normal: [count], using: &generator).array
    check(values, "finite")
    guard count > 0 else { return }
    for place in Set([0, count / 2, count - 1]) {
      for bad in [Float.nan, .infinity, -.infinity] {
        var values = values
        values[place] = bad
        check(values, "\(bad) at \(place)")
      }
    }
    check([Float](repeating: .nan, count: count), "nothing finite")
    check(values.map { $0 - 100 }, "negative alone")
    check(values.map { $0 * 1e-38 }, "subnormal")
    check([Float](repeating: -.greatestFiniteMagnitude, count: count), "the largest")
  }
}

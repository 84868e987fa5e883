import MixFlowTensor
import MixFlowTestSupport
import Testing

/// The comparisons that all other suites rest on can fail.
@Suite struct TestSupportTests {
  private func failure(
    _ actual: [Double], _ expected: [Double], relative: Double = 0, absolute: Double = 0
  ) -> String? {
    Comparison(actual, expected, relativeToMax: relative, absolute: absolute).failure
  }

  @Test func comparesWithinTolerance() {
    #expect(failure([1, 2], [1, 2]) == nil)
    #expect(failure([1, 2.5], [1, 2]) != nil)
    #expect(failure([1, 2.5], [1, 2], absolute: 0.5) == nil)
    #expect(failure([1.2, 2], [1, 2], relative: 0.11) == nil)
    #expect(failure([1.2, 2], [1, 2], relative: 0.09) != nil)
    #expect(failure([1], [1, 1], absolute: 9) != nil)
    #expect(failure([.nan], [1], absolute: 9) != nil)
    #expect(failure([1], [.nan], absolute: 9) != nil)
    #expect(failure([.nan, .infinity], [.nan, .infinity]) == nil)
    #expect(failure([-.infinity], [.infinity], relative: 1, absolute: 9) != nil)
    #expect(failure([], []) == nil)
    #expect(
      failure([0, 7, 0, 3], [0, 0, 0, 0])?.contains("2 of 4 values differ, worst at 1") == true)
  }

  @Test func recordsIssues() {
    withKnownIssue { expectClose([Float(1)], [Double(2)], "values") }
    withKnownIssue { expectClose(Tensor([1, 2], shape: [2]), Tensor([1, 2], shape: [1, 2])) }
    withKnownIssue { expectClose(Float(1), 1.1, absolute: 0.01) }
    expectClose(Tensor([1, 2], shape: [2]), Tensor([1, 2.1], shape: [2]), absolute: 0.11)
  }

  @Test func measuresRelativeError() {
    #expect(relativeL2([3.0, 4], [3.0, 4]) == 0)
    #expect(relativeL2([3.0, 4.5], [3.0, 4]) == 0.1)
    #expect(relativeL2([Double.nan], [1.0]) == .infinity)
    #expect(relativeL2([1.0], [1.0, 2]) == .infinity)
  }

  @Test func differentiates() {
    let x = Tensor([1, -2, 0.5], shape: [3, 1])
    let gradient = centralDifference(at: x) { $0.array.reduce(0) { $0 + $1 * $1 } }
    expectClose(gradient, Tensor([2, -4, 1], shape: [3, 1]), absolute: 1e-3)
  }

  @Test func refusesAnEmptyFolder() {
    #expect(throws: FixtureError.self) { try Fixtures.folders(matching: "models/none_") }
    #expect(throws: FixtureError.self) { try Fixtures.files(matching: "transport/none_") }
    #expect(throws: Never.self) { try Fixtures.files(matching: "transport/sit_") }
  }
}

import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct FlowStateTests {
  let x = Vector(rows: [[1, 2], [3, 4]])
  let y = Vector(rows: [[10, 20], [30, 40]])

  @Test func combinationAddsWeightedStates() {
    #expect(
      Vector.combination([(2, x), (-1, y), (0.5, y)]) == Vector(rows: [[-3, -6], [-9, -12]]))
    #expect(Vector.combination([(3, x)]) == x.scaled(by: 3))
  }

  @Test func combinationWeighsEverySampleAlone() {
    let terms = [([2.0, 0], x), ([0, 1], y)]
    #expect(Vector.combination(terms) == Vector(rows: [[2, 4], [30, 40]]))
  }

  @Test func differenceIsACombination() {
    #expect(y - x == Vector(rows: [[9, 18], [27, 36]]))
  }

  @Test func errorNormScalesByTheLargerState() {
    let error = Vector(rows: [[1, -2], [0, 4]])
    let tolerance = ErrorTolerance(absolute: 0.5, relative: 0.1)
    let ratios = [1 / (0.5 + 1), -2 / (0.5 + 2), 0, 4 / (0.5 + 4)]
    let expected = (ratios.reduce(0) { $0 + $1 * $1 } / 4).squareRoot()
    let minus = y.scaled(by: -1)
    expectClose(
      Vector.errorNorm(of: error, between: x, and: minus, tolerance: tolerance), expected,
      relativeToMax: 1e-14)
  }
}

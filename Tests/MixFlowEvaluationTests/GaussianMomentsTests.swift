import MixFlowEvaluation
import MixFlowTestSupport
import Testing

@Suite struct GaussianMomentsTests {
  static let rows: [[Double]] = [[1, 10], [2, 30], [6, 20]]

  @Test func dividesByOneLessThanTheCount() throws {
    let moments = try GaussianMoments(of: Self.rows)
    expectClose(moments.mean, [3, 20.0], relativeToMax: 1e-15)
    expectClose(moments.covariance, [7, 5, 5, 100.0], relativeToMax: 1e-14)
  }

  /// A plain sum of squares would lose all digits here.
  @Test func keepsItsDigitsFarFromZero() throws {
    let moments = try GaussianMoments(of: Self.rows.map { row in row.map { $0 + 1e9 } })
    expectClose(moments.covariance, [7, 5, 5, 100.0], relativeToMax: 1e-6)
  }

  @Test func joinsPartsThatWereCollectedApart() throws {
    let rows = (0..<20).map { (row: Int) -> [Double] in
      [row * row % 11, row % 7, row * 3 % 5].map { Double($0) }
    }
    var whole = MomentAccumulator(dimensions: 3)
    var parts = [MomentAccumulator](repeating: MomentAccumulator(dimensions: 3), count: 3)
    for (index, row) in rows.enumerated() {
      try whole.add(row)
      try parts[index < 3 ? 0 : 1].add(row)
    }
    try parts[2].merge(parts[0])
    try parts[2].merge(parts[1])
    let (expected, joined) = (try whole.moments(), try parts[2].moments())
    #expect(parts[2].count == 20)
    expectClose(joined.mean, expected.mean, relativeToMax: 1e-14)
    expectClose(joined.covariance, expected.covariance, relativeToMax: 1e-14)
  }

  @Test func refusesWhatHasNoMoments() {
    #expect(throws: EvaluationError.tooFewSamples(1)) { try GaussianMoments(of: [[1, 2]]) }
    #expect(throws: EvaluationError.tooFewSamples(0)) { try GaussianMoments(of: []) }
    #expect(throws: EvaluationError.notFinite(row: 1, column: 1)) {
      try GaussianMoments(of: [[1, 2], [1, .nan]])
    }
    #expect(throws: EvaluationError.rowLength(row: 1, found: 1, expected: 2)) {
      try GaussianMoments(of: [[1, 2], [1]])
    }
    #expect(throws: EvaluationError.momentsNotFinite) {
      try GaussianMoments(mean: [0], covariance: [.infinity])
    }
    #expect(throws: EvaluationError.momentSizes(mean: 2, covariance: 3)) {
      try GaussianMoments(mean: [0, 0], covariance: [1, 1, 1])
    }
  }
}

import MixFlowEvaluation
import MixFlowImage
import MixFlowTestSupport
import Testing

/// What is said of measures that cannot be computed; `Tests/Messages` has the words.
@Suite struct EvaluationMessageTests {
  @Test func everyCase() throws {
    let errors: [EvaluationError] = [
      .lapackMissing, .eigensolver(info: 2, dimensions: 97), .notFinite(row: 3, column: 4),
      .momentsNotFinite, .rowLength(row: 3, found: 4, expected: 5), .dimensions(4, 5),
      .momentSizes(mean: 3, covariance: 4), .tooFewSamples(1),
      .imageSize([5, 6], expected: "squares"),
    ]
    let image = Image(
      width: 5, height: 6, channels: 1, pixels: [UInt8](repeating: 0, count: 30))
    try MessageTable("evaluation-errors").expect(errors)
    #expect(
      message { _ = try SimpleImageFeatures.features(of: image) } == """
        images of 5x6 pixels have no such features; expected a width and a height that are multiples of 4
        """)
  }
}

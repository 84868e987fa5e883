import MixFlowEvaluation
import MixFlowTestSupport
import Testing

@Suite struct FrechetDistanceGoldenTests {
  static let name = "misc/fid_formula"

  /// The cases of the fixture, which its names begin with.
  static func cases() throws -> [String] {
    Set(
      try Fixtures.file(name).names.compactMap { $0.split(separator: ".").first.map(String.init) }
    )
    .sorted()
  }

  private static func rows(_ name: String) throws -> [[Double]] {
    let file = try Fixtures.file(Self.name)
    let width = try file.info(for: name).shape[1]
    let values = try file.doubles(name)
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
  }

  @Test func coversAllCases() throws {
    #expect(try !Self.cases().isEmpty)
  }

  @Test(arguments: try cases())
  func agreesWithTheReference(name: String) throws {
    let file = try Fixtures.file(Self.name)
    let a = try GaussianMoments(of: Self.rows("\(name).f1_f64"))
    let b = try GaussianMoments(of: Self.rows("\(name).f2_f64"))
    for (moments, side) in [(a, 1), (b, 2)] {
      expectClose(
        moments.mean, try file.doubles("\(name).mu\(side)_f64"), relativeToMax: 1e-6, "\(name) mean"
      )
      expectClose(
        moments.covariance, try file.doubles("\(name).sigma\(side)_f64"), relativeToMax: 1e-6,
        "\(name) covariance")
    }
    let expected = try file.doubles("\(name).fid_f64")
    expectClose([try frechetDistance(a, b)], expected, relativeToMax: 1e-6, name)
    expectClose([try frechetDistance(b, a)], expected, relativeToMax: 1e-6, "\(name) reversed")
  }
}

@Suite struct FrechetDistanceTests {
  /// In one dimension the distance is `(mu_a - mu_b)² + (s_a - s_b)²` for standard deviations `s`.
  @Test func isKnownInOneDimension() throws {
    let a = try GaussianMoments(mean: [1], covariance: [4])
    let b = try GaussianMoments(mean: [-2], covariance: [25])
    expectClose(try frechetDistance(a, b), 18.0, relativeToMax: 1e-12)
  }

  @Test func isZeroBetweenEquals() throws {
    let a = try GaussianMoments(of: [[1, 2, 3], [0, 5, 1], [4, 4, 4], [2, 0, 1]])
    expectClose(try frechetDistance(a, a), 0.0, absolute: 1e-6)
  }

  @Test func refusesUnequalDimensions() throws {
    let a = try GaussianMoments(mean: [1], covariance: [4])
    let b = try GaussianMoments(mean: [1, 2], covariance: [1, 0, 0, 1])
    #expect(throws: EvaluationError.dimensions(1, 2)) { try frechetDistance(a, b) }
  }

  @Test func namesThePackageOfLAPACK() {
    #expect(EvaluationError.lapackMissing.description.contains("liblapacke-dev"))
  }
}

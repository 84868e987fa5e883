/// A measure that cannot be computed, and what would make it computable.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
  /// No LAPACK library was found.
  case lapackMissing
  /// LAPACK's eigensolver gave up; `info` is its own code.
  case eigensolver(info: Int, dimensions: Int)
  /// A feature is infinite or not a number.
  case notFinite(row: Int, column: Int)
  /// Moments hold an infinity or a NaN.
  case momentsNotFinite
  /// A feature row differs in length from the others.
  case rowLength(row: Int, found: Int, expected: Int)
  /// Two sets of features differ in length.
  case dimensions(Int, Int)
  /// Mean and covariance do not belong together.
  case momentSizes(mean: Int, covariance: Int)
  /// A covariance needs two samples at least.
  case tooFewSamples(Int)
  /// Images of this size, `[width, height]`, have no such features.
  case imageSize([Int], expected: String)

  /// The fault and the mend in one sentence.
  public var description: String {
    switch self {
    case .lapackMissing:
      "Frechet distances need LAPACK, which was not found; install the package liblapacke-dev"
    case .eigensolver(let info, let dimensions):
      "LAPACK's dsyevd failed with code \(info) on \(dimensions) dimensions; check that the "
        + "features are sane numbers"
    case .notFinite(let row, let column):
      "feature \(column) of sample \(row) is not finite; look for samples that diverged"
    case .momentsNotFinite:
      "the mean or the covariance holds values that are not finite; compute the statistics again"
    case .rowLength(let row, let found, let expected):
      "sample \(row) has \(found) features, expected \(expected); use one kind of features and "
        + "one image size"
    case .dimensions(let a, let b):
      "features of \(a) and \(b) dimensions cannot be compared; use one kind for both sides"
    case .momentSizes(let mean, let covariance):
      "a mean of \(mean) values needs a covariance of \(mean * mean), not \(covariance); compute "
        + "the statistics again"
    case .tooFewSamples(let count):
      "\(count) samples have no covariance; give at least 2, better 1,000 or more"
    case .imageSize(let size, let expected):
      "images of \(size[0])x\(size[1]) pixels have no such features; expected \(expected)"
    }
  }
}

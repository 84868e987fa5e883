import CBLAS

/// The eigenvalues and eigenvectors of a symmetric matrix, by LAPACK's `dsyevd`.
struct SymmetricEigensystem {
  /// The eigenvalues in ascending order.
  let values: [Double]
  /// The eigenvectors as rows, in the order of their values.
  let vectors: [Double]

  /// Solves for all eigenvalues and eigenvectors.
  ///
  /// - Parameters:
  ///   - matrix: A symmetric matrix, `[size, size]`.
  ///   - size: The number of rows.
  /// - Throws: `EvaluationError` where LAPACK is missing or fails.
  init(of matrix: [Double], size: Int) throws {
    precondition(
      matrix.count == size * size, "\(matrix.count) values for a matrix of \(size) rows")
    guard size > 0 else {
      values = []
      vectors = []
      return
    }
    var vectors = matrix
    var values = [Double](repeating: 0, count: size)
    // LAPACK overwrites `size * size` and `size` values, which is what the two arrays hold.
    let info = mixflow_dsyevd(Int32(size), &vectors, &values)
    guard info != -1000 else { throw EvaluationError.lapackMissing }
    guard info == 0 else {
      throw EvaluationError.eigensolver(info: Int(info), dimensions: size)
    }
    self.values = values
    self.vectors = vectors
  }
}

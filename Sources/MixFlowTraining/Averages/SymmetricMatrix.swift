/// A symmetric matrix in double precision, small enough for elimination on one processor.
struct SymmetricMatrix {
  /// The number of rows.
  let size: Int
  /// The rows below and on the diagonal.
  private let rows: [[Double]]

  /// Creates a matrix from the elements on and below the diagonal.
  init(_ size: Int, element: (_ row: Int, _ column: Int) -> Double) {
    self.size = size
    rows = (0..<size).map { row in (0...row).map { element(row, $0) } }
  }

  /// Returns the product with a vector.
  func multiplied(by x: [Double]) -> [Double] {
    var product = [Double](repeating: 0, count: size)
    for (row, elements) in rows.enumerated() {
      for (column, element) in elements.enumerated() {
        product[row] += element * x[column]
        if column < row { product[column] += element * x[row] }
      }
    }
    return product
  }

  /// Solves `(A + ridge · 1) x = b` by Cholesky's factors, for a matrix without negative eigenvalues.
  ///
  /// - Parameters:
  ///   - b: The right side.
  ///   - ridge: Added to the diagonal, above 0 and above the rounding of the elements.
  /// - Returns: The solution.
  func solve(_ b: [Double], ridge: Double) -> [Double] {
    precondition(b.count == size && ridge > 0, "\(b.count) values, ridge \(ridge), size \(size)")
    var factor = rows
    var x = b
    for row in 0..<size {
      var own = factor[row]
      for column in 0..<row {
        let other = factor[column]
        own[column] = (own[column] - dot(own, other, column)) / other[column]
      }
      let rest = own[row] + ridge - dot(own, own, row)
      own[row] = max(rest, ridge).squareRoot()
      x[row] = (x[row] - dot(own, x, row)) / own[row]
      factor[row] = own
    }
    for row in (0..<size).reversed() {
      x[row] /= factor[row][row]
      for column in 0..<row { x[column] -= factor[row][column] * x[row] }
    }
    return x
  }

  /// The product of the first elements of two vectors.
  private func dot(_ x: [Double], _ y: [Double], _ count: Int) -> Double {
    var sum = 0.0
    for place in 0..<count { sum += x[place] * y[place] }
    return sum
  }
}

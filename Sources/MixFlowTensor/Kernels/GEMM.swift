import CBLAS

/// One factor of a matrix product: row-major memory, read as it lies or transposed.
struct MatrixOperand: Sendable {
  let base: SharedInput
  let rowStride: Int
  let isTransposed: Bool

  init(_ base: SharedInput, rowStride: Int, transposed: Bool = false) {
    self.base = base
    self.rowStride = rowStride
    isTransposed = transposed
  }

  init(_ base: UnsafePointer<Float>, rowStride: Int, transposed: Bool = false) {
    self.init(SharedInput(pointer: base), rowStride: rowStride, transposed: transposed)
  }

  /// The operand that starts at `row` of the factor as it enters the product.
  fileprivate func fromRow(_ row: Int) -> UnsafePointer<Float> {
    base.pointer + (isTransposed ? row : row * rowStride)
  }

  /// The operand that starts at `column` of the factor as it enters the product.
  fileprivate func fromColumn(_ column: Int) -> UnsafePointer<Float> {
    base.pointer + (isTransposed ? column * rowStride : column)
  }
}

/// The largest piece of a product that one call of the BLAS computes.
private let rowsPerProduct = 256
private let columnsPerProduct = 384

/// Computes `c = a · b + beta · c` for `c` of `rows × columns`, sharing the work between threads.
///
/// A BLAS does not promise an element the same bits in two calls of different sizes: OpenBLAS
/// computes the last rows of a call by other kernels. So `c` is cut into pieces whose sizes depend
/// on the shape alone, never on the number of threads, and no piece crosses a multiple of `group`.
///
/// - Parameters:
///   - rows: The rows of `c`.
///   - columns: The columns of `c`.
///   - depth: The length of the sums, which are never cut.
///   - group: A divisor of `rows`: each group of rows gets the same bits however many there are.
///   - a: The left factor.
///   - b: The right factor.
///   - beta: What `c` is multiplied with first; at 0 it may be uninitialised.
///   - c: The first element of the result.
///   - rowStride: The distance between rows of `c`.
func multiply(
  rows: Int, columns: Int, depth: Int, group: Int? = nil, _ a: MatrixOperand, _ b: MatrixOperand,
  beta: Float, into c: SharedOutput, rowStride: Int
) {
  let group = group ?? rows
  guard rows > 0, columns > 0 else { return }
  let (rowPieces, height) = pieces(of: group, atMost: rowsPerProduct)
  let (columnPieces, width) = pieces(of: columns, atMost: columnsPerProduct)
  let count = rows / group * rowPieces * columnPieces
  let workers = rows * columns * depth < 1 << 19 ? 1 : Parallelism.threads
  parallelForEach(count, workers: workers) { index in
    let (groupAndRow, columnPiece) = index.quotientAndRemainder(dividingBy: columnPieces)
    let (groupIndex, rowPiece) = groupAndRow.quotientAndRemainder(dividingBy: rowPieces)
    let row = groupIndex * group + rowPiece * height
    let column = columnPiece * width
    mixflow_sgemm(
      a.isTransposed, b.isTransposed, Int32(min(height, group - rowPiece * height)),
      Int32(min(width, columns - column)), Int32(depth), 1, a.fromRow(row), Int32(a.rowStride),
      b.fromColumn(column), Int32(b.rowStride), beta, c.pointer + row * rowStride + column,
      Int32(rowStride))
  }
}

/// Cuts `length` into equal pieces, rounded up to whole vectors.
private func pieces(of length: Int, atMost limit: Int) -> (count: Int, length: Int) {
  let wanted = (length + limit - 1) / limit
  let piece = ((length + wanted - 1) / wanted + 15) / 16 * 16
  return ((length + piece - 1) / piece, piece)
}

/// Computes `c = scale · a · b + beta · c` on the calling thread, as one of several shared-out pieces.
func multiplyHere(
  rows: Int, columns: Int, depth: Int, scale: Float = 1, _ a: MatrixOperand, _ b: MatrixOperand,
  beta: Float, into c: UnsafeMutablePointer<Float>, rowStride: Int
) {
  mixflow_sgemm(
    a.isTransposed, b.isTransposed, Int32(rows), Int32(columns), Int32(depth), scale,
    a.base.pointer, Int32(a.rowStride), b.base.pointer, Int32(b.rowStride), beta, c,
    Int32(rowStride))
}

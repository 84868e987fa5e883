import CBLAS

/// The largest piece of a product that one call of the BLAS computes.
private let rowsPerProduct = 256
private let columnsPerProduct = 384

/// Computes a product by calls of the BLAS.
///
/// A BLAS does not promise an element the same bits in two calls of different sizes: OpenBLAS
/// computes the last rows of a call by other kernels. So `c` is cut into pieces whose sizes depend
/// on the shape alone, never on the number of threads, and no piece crosses a multiple of `group`.
func multiplyByBLAS(
  rows: Int, columns: Int, depth: Int, group: Int, _ a: MatrixOperand, _ b: MatrixOperand,
  beta: Float, into c: SharedOutput, rowStride: Int, workers: Int, finish: ProductFinish?
) {
  let (rowPieces, height) = pieces(of: group, atMost: rowsPerProduct)
  let (columnPieces, width) = pieces(of: columns, atMost: columnsPerProduct)
  let count = rows / group * rowPieces * columnPieces
  parallelForEach(count, workers: workers) { index in
    let (groupAndRow, columnPiece) = index.quotientAndRemainder(dividingBy: columnPieces)
    let (groupIndex, rowPiece) = groupAndRow.quotientAndRemainder(dividingBy: rowPieces)
    let row = groupIndex * group + rowPiece * height
    let column = columnPiece * width
    let rowCount = min(height, group - rowPiece * height)
    let columnCount = min(width, columns - column)
    mixflow_sgemm(
      a.isTransposed, b.isTransposed, Int32(rowCount), Int32(columnCount), Int32(depth), 1,
      a.rows.start(row, 0), Int32(a.rowStride), b.columns.start(column, 0), Int32(b.rowStride),
      beta, c.pointer + row * rowStride + column, Int32(rowStride))
    finish?(row..<row + rowCount, column..<column + columnCount)
  }
}

/// Cuts `length` into equal pieces, rounded up to whole vectors.
private func pieces(of length: Int, atMost limit: Int) -> (count: Int, length: Int) {
  let wanted = (length + limit - 1) / limit
  let piece = ((length + wanted - 1) / wanted + 15) / 16 * 16
  return ((length + piece - 1) / piece, piece)
}

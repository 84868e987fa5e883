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

/// Computes `c = a · b + beta · c` for `c` of `rows × columns`, sharing the work between threads.
///
/// The longer side of `c` is cut; the sum over `depth` never is, so each element is added up in one
/// order whatever the number of threads.
func multiply(
  rows: Int, columns: Int, depth: Int, _ a: MatrixOperand, _ b: MatrixOperand, beta: Float,
  into c: SharedOutput, rowStride: Int
) {
  let work = rows * columns * depth
  let pieces = work < 1 << 19 ? 1 : Parallelism.threads
  let cutsRows = rows >= columns
  let length = cutsRows ? rows : columns
  let piece = max(16, ((length + pieces - 1) / pieces + 15) / 16 * 16)
  parallelRanges(length, piece: piece) { range in
    let start = range.lowerBound
    mixflow_sgemm(
      a.isTransposed, b.isTransposed,
      Int32(cutsRows ? range.count : rows), Int32(cutsRows ? columns : range.count), Int32(depth),
      1, cutsRows ? a.fromRow(start) : a.base.pointer, Int32(a.rowStride),
      cutsRows ? b.base.pointer : b.fromColumn(start), Int32(b.rowStride),
      beta, c.pointer + (cutsRows ? start * rowStride : start), Int32(rowStride))
  }
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

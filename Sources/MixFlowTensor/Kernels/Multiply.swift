import CBLAS
import CKernels

/// Changes a finished part of a product while it is in the cache: adds a bias, applies a function.
typealias ProductFinish = @Sendable (_ rows: Range<Int>, _ columns: Range<Int>) -> Void

/// Computes `c = a · b + beta · c` for `c` of `rows × columns`, sharing the work between threads.
///
/// An element has the same bits however many threads there are, and however many groups.
///
/// - Parameters:
///   - rows: The rows of `c`.
///   - columns: The columns of `c`.
///   - depth: The length of the sums.
///   - group: A divisor of `rows`: each group of rows gets the same bits however many there are.
///   - a: The left factor.
///   - b: The right factor.
///   - beta: What `c` is multiplied with first, 0 or 1; at 0 it may be uninitialised.
///   - c: The first element of the result.
///   - rowStride: The distance between rows of `c`.
///   - finish: Called once for each part of `c`, when its sums are complete.
func multiply(
  rows: Int, columns: Int, depth: Int, group: Int? = nil, _ a: MatrixOperand, _ b: MatrixOperand,
  beta: Float, into c: SharedOutput, rowStride: Int, finish: ProductFinish? = nil
) {
  guard rows > 0, columns > 0 else { return }
  let workers = rows * columns * depth < 1 << 19 ? 1 : Parallelism.threads
  guard depth > 0, let tile = ProductTile.ofProcessor else {
    return multiplyByBLAS(
      rows: rows, columns: columns, depth: depth, group: group ?? rows, a, b, beta: beta, into: c,
      rowStride: rowStride, workers: workers, finish: finish)
  }
  precondition(beta == 0 || beta == 1, "a product is added to \(beta) times another")
  PackedProduct(
    rows: rows, columns: columns, depth: depth, left: a.rows, right: b.columns, adds: beta == 1,
    output: c, rowStride: rowStride, tile: tile, finish: finish
  ).compute(workers: workers)
}

/// Computes `c = scale · a · b + beta · c` on the calling thread, as one of several shared-out pieces.
func multiplyHere(
  rows: Int, columns: Int, depth: Int, scale: Float = 1, _ a: MatrixOperand, _ b: MatrixOperand,
  beta: Float, into c: UnsafeMutablePointer<Float>, rowStride: Int
) {
  guard rows > 0, columns > 0 else { return }
  guard depth > 0, let tile = ProductTile.ofProcessor else {
    return mixflow_sgemm(
      a.isTransposed, b.isTransposed, Int32(rows), Int32(columns), Int32(depth), scale,
      a.base.pointer, Int32(a.rowStride), b.base.pointer, Int32(b.rowStride), beta, c,
      Int32(rowStride))
  }
  precondition(beta == 0 || beta == 1, "a product is added to \(beta) times another")
  PackedProduct(
    rows: rows, columns: columns, depth: depth, left: a.rows, right: b.columns, scale: scale,
    adds: beta == 1, output: SharedOutput(pointer: c), rowStride: rowStride, tile: tile,
    finish: nil
  ).compute(workers: 1)
}

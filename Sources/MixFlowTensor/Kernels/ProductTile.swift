import CBLAS
import CKernels

/// The tile of sums that a processor keeps in registers, and the blocks around it.
///
/// Products are ours where the processor has AVX-512 or AVX2, and the BLAS's elsewhere and where the
/// user names one by `MIXFLOW_BLAS`.
package struct ProductTile: Sendable {
  let rows: Int
  let columns: Int
  /// The instruction set of the kernel.
  package let instructions: String

  /// The tile of this processor, or nil where the BLAS computes products.
  package static let ofProcessor: ProductTile? = {
    let tile = mixflow_product_tile()
    guard tile.rows > 0, !mixflow_blas_is_named() else { return nil }
    return ProductTile(
      rows: Int(tile.rows), columns: Int(tile.columns),
      instructions: String(cString: tile.instructions))
  }()

  /// Rows of a packed block of the left factor, which stays in a core's second cache.
  var blockRows: Int { 128 / rows * rows }
  /// Columns of a packed block of the right factor.
  var blockColumns: Int { 256 / columns * columns }

  /// Cuts a sum into pieces whose packed lines fit the first cache; they depend on its length alone.
  static func depthPieces(_ depth: Int) -> [Range<Int>] {
    let limit = 288
    let count = (depth + limit - 1) / limit
    let length = ((depth + count - 1) / count + 7) / 8 * 8
    return stride(from: 0, to: depth, by: length).map { $0..<min(depth, $0 + length) }
  }
}

import CKernels

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

  /// The rows of a left factor, whose elements are summed over.
  var rows: FactorLines {
    FactorLines(base: base, stride: rowStride, liesAlongDepth: !isTransposed)
  }

  /// The columns of a right factor, whose elements are summed over.
  var columns: FactorLines {
    FactorLines(base: base, stride: rowStride, liesAlongDepth: isTransposed)
  }
}

/// The lines of a factor, each as long as the sums: rows of the left, columns of the right.
struct FactorLines: Sendable {
  let base: SharedInput
  let stride: Int
  /// Whether the elements of a line are neighbours in memory, or those of one depth.
  let liesAlongDepth: Bool

  /// The element of `line` at `depth`.
  func start(_ line: Int, _ depth: Int) -> UnsafePointer<Float> {
    base.pointer + (liesAlongDepth ? line * stride + depth : depth * stride + line)
  }

  /// Arranges a part of the lines in groups of `width`, depth by depth, for the product of tiles.
  func pack(
    _ lines: Range<Int>, depth: Range<Int>, width: Int, scale: Float = 1,
    into packed: UnsafeMutablePointer<Float>
  ) {
    mixflow_pack(
      start(lines.lowerBound, depth.lowerBound), stride, liesAlongDepth, scale, lines.count,
      depth.count, width, packed)
  }
}

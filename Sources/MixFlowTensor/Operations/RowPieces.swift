import CKernels

/// One row for each sample, or one for all, inside a wider array, such as a chunk of adaLN's
/// `[B, 6 D]` or an affine weight `[D]`.
struct RowChunk {
  let width: Int
  let rowStride: Int
  let offset: Int

  /// Chunk `index` of `modulation`, `[B, chunks · width]`.
  init(_ index: Int, of modulation: Tensor, width: Int) {
    self.width = width
    rowStride = modulation.shape[1]
    offset = index * width
    precondition(offset + width <= rowStride, "chunk \(index) of \(modulation.shape)")
  }

  /// The row of `weight`, `[width]`, for all samples.
  init(weight: Tensor, width: Int) {
    precondition(weight.shape == [width], "weight \(weight.shape) for rows of \(width)")
    self.width = width
    rowStride = 0
    offset = 0
  }

  func start(_ sample: Int) -> Int { sample * rowStride + offset }
}

/// Rows of `width`, some of each sample, cut into pieces of one sample each.
///
/// Gradients of gains, shifts and gates are summed over the rows of a piece, then over the pieces in
/// order, so they do not depend on the number of threads.
struct RowPieces: Sendable {
  let samples: Int
  let rowsPerSample: Int
  let width: Int

  private static let rowsPerPiece = 32

  /// The rows of `x`, `[B, T, D]`, with one row of `modulation`, `[B, ...]`, for each sample.
  init(_ x: Tensor, modulation: Tensor) {
    precondition(
      x.shape.count == 3 && modulation.shape.count == 2 && modulation.shape[0] == x.shape[0],
      "tokens \(x.shape) with modulation \(modulation.shape)")
    samples = x.shape[0]
    rowsPerSample = x.shape[1]
    width = x.shape[2]
  }

  /// All rows of `x`, `[..., D]`, as those of one sample.
  init(rowsOf x: Tensor) {
    precondition(x.shape.last ?? 0 > 0, "rows of an array of shape \(x.shape)")
    samples = 1
    width = x.shape.last ?? 1
    rowsPerSample = x.count / width
  }

  var rows: Int { samples * rowsPerSample }
  var count: Int { samples * piecesPerSample }

  private var piecesPerSample: Int {
    (rowsPerSample + Self.rowsPerPiece - 1) / Self.rowsPerPiece
  }

  /// Calls `body(piece, sample, first element, rows)` for each piece, on several threads.
  func forEachPiece(
    _ body: @Sendable (_ piece: Int, _ sample: Int, _ start: Int, _ rows: Int) -> Void
  ) {
    parallelForEach(count) { piece in
      let (sample, index) = piece.quotientAndRemainder(dividingBy: piecesPerSample)
      let first = index * Self.rowsPerPiece
      body(
        piece, sample, (sample * rowsPerSample + first) * width,
        min(Self.rowsPerPiece, rowsPerSample - first))
    }
  }

  /// Adds the sums of a sample's pieces, `[count, width]`, to its row of `variable`'s gradient.
  func add(_ sums: Tensor, to variable: Variable, _ chunk: RowChunk) {
    sums.withInput { sums in
      variable.addToGradient({ gradient in
        for sample in 0..<samples {
          mixflow_sum_rows(
            sums.pointer + sample * piecesPerSample * width, gradient.pointer + chunk.start(sample),
            piecesPerSample, width, width)
        }
      })
    }
  }
}

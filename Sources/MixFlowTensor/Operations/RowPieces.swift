import CKernels

/// One row for each sample or token, or one for all, inside a wider array, such as a chunk of
/// adaLN's `[B, 6 D]` or an affine weight `[D]`.
struct RowChunk {
  let width: Int
  let rowStride: Int
  let offset: Int

  /// Chunk `index` of `modulation`, `[..., chunks · width]`.
  init(_ index: Int, of modulation: Tensor, width: Int) {
    self.width = width
    rowStride = modulation.shape.last ?? 0
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

  /// Whether all samples have the same row.
  var isShared: Bool { rowStride == 0 }
}

/// Rows of `width`, some of each sample, cut into pieces of one sample each.
///
/// A sample is what has a row of gains, shifts or gates to itself: where each token has its own, a
/// token.
///
/// Gradients of gains, shifts and gates are summed over the rows of a piece, then over the pieces in
/// order, so they do not depend on the number of threads.
struct RowPieces: Sendable {
  let samples: Int
  let rowsPerSample: Int
  let width: Int

  private static let pieceRows = 32

  /// The rows of `x`, `[B, T, D]`, with one row of `modulation` for each sample, `[B, ...]`, or for
  /// each token, `[B, T, ...]`.
  init(_ x: Tensor, modulation: Tensor) {
    let outer = modulation.shape.dropLast()
    precondition(
      x.shape.count == 3 && 1...2 ~= outer.count && outer == x.shape.prefix(outer.count),
      "tokens \(x.shape) with modulation \(modulation.shape)")
    samples = outer.reduce(1, *)
    rowsPerSample = outer.count == 1 ? x.shape[1] : 1
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
    (rowsPerSample + Self.pieceRows - 1) / Self.pieceRows
  }

  /// Calls `body(piece, sample, first element, rows)` for each piece, on several threads.
  func forEachPiece(
    _ body: @Sendable (_ piece: Int, _ sample: Int, _ start: Int, _ rows: Int) -> Void
  ) {
    // A thread takes several pieces at once where a piece is a few rows.
    let piecesAtOnce = max(1, Self.pieceRows / max(rowsPerSample, 1))
    parallelRanges(count, piece: piecesAtOnce) { pieces in
      for piece in pieces {
        let (sample, index) = piece.quotientAndRemainder(dividingBy: piecesPerSample)
        let first = index * Self.pieceRows
        body(
          piece, sample, (sample * rowsPerSample + first) * width,
          min(Self.pieceRows, rowsPerSample - first))
      }
    }
  }

  /// Adds the sums of the pieces, `[count, width]`, to their rows of `variable`'s gradient.
  func add(_ sums: Tensor, to variable: Variable, _ chunk: RowChunk) {
    sums.withInput { sums in
      variable.addToGradient({ gradient in
        guard !chunk.isShared else {
          let row = SharedOutput(pointer: gradient.pointer + chunk.offset)
          return sumRows(sums, rows: count, width: width, into: row)
        }
        let samplesAtOnce = rowsPerPiece(width: piecesPerSample * width)
        parallelRanges(samples, piece: samplesAtOnce) { range in
          for sample in range {
            mixflow_sum_rows(
              sums.pointer + sample * piecesPerSample * width,
              gradient.pointer + chunk.start(sample), piecesPerSample, width, width)
          }
        }
      })
    }
  }
}

import CKernels

/// Returns the tokens of each sample plus a row that the sample has for all of them.
///
/// - Parameters:
///   - x: `[B, T, D]`.
///   - rows: `[B, D]`.
/// - Returns: `[B, T, D]`.
public func addRows(_ x: Variable, _ rows: Variable) -> Variable {
  let pieces = RowPieces(x.value, modulation: rows.value)
  let chunk = RowChunk(0, of: rows.value, width: pieces.width)
  precondition(
    rows.shape == [x.shape[0], pieces.width], "tokens \(x.shape) plus rows \(rows.shape)")
  let y = profiled(.elementwise, bytes: 2 * x.value.byteCount) {
    Tensor(shape: x.shape) { (y: SharedOutput) in
      withInputs(x.value, rows.value) { x, added in
        pieces.forEachPiece { _, sample, start, rows in
          (y.pointer + start).initialize(from: x.pointer + start, count: rows * pieces.width)
          mixflow_add_row(
            y.pointer + start, added.pointer + chunk.start(sample), rows, pieces.width,
            pieces.width)
        }
      }
    }
  }
  return Variable.derive(y, from: [x, rows]) { gradient in
    x.accumulate(gradient)
    profiled(.elementwise, bytes: gradient.byteCount) {
      var sums = Tensor(zeros: [pieces.count, pieces.width])
      sums.withOutput { sums in
        gradient.withInput { dy in
          pieces.forEachPiece { piece, _, start, rows in
            mixflow_sum_rows(
              dy.pointer + start, sums.pointer + piece * pieces.width, rows, pieces.width,
              pieces.width)
          }
        }
      }
      pieces.add(sums, to: rows, chunk)
    }
  }
}

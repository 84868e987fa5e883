import CKernels

/// Returns `x + gate · branch`, the gated residual of adaLN-Zero.
///
/// - Parameters:
///   - x: `[B, T, D]`.
///   - branch: `[B, T, D]`.
///   - modulation: `[B, chunks · D]`, or `[B, T, chunks · D]` where each token has its own.
///   - gate: The chunk that holds the gate.
/// - Returns: `[B, T, D]`.
public func gatedResidual(
  _ x: Variable, _ branch: Variable, modulation: Variable, gate: Int
) -> Variable {
  let pieces = RowPieces(x.value, modulation: modulation.value)
  precondition(branch.shape == x.shape, "residual \(x.shape) with branch \(branch.shape)")
  let chunk = RowChunk(gate, of: modulation.value, width: pieces.width)
  let y = profiled(.elementwise, bytes: 3 * x.value.byteCount) {
    Tensor(shape: x.shape) { (y: SharedOutput) in
      withInputs(x.value, branch.value, modulation.value) { x, b, m in
        pieces.forEachPiece { _, sample, start, rows in
          mixflow_gated_add(
            x.pointer + start, m.pointer + chunk.start(sample), b.pointer + start,
            y.pointer + start, rows, pieces.width)
        }
      }
    }
  }
  return Variable.derive(y, from: [x, branch, modulation]) { gradient in
    profiled(.elementwise, bytes: 3 * gradient.byteCount) {
      gatedResidualPullback(branch, modulation, chunk, pieces, gradient: gradient)
    }
    x.accumulate(gradient)
  }
}

private func gatedResidualPullback(
  _ branch: Variable, _ modulation: Variable, _ chunk: RowChunk, _ pieces: RowPieces,
  gradient: Tensor
) {
  var gateSums = Tensor(zeros: [pieces.count, pieces.width])
  let branchGradient = Tensor(shape: branch.shape) { (db: SharedOutput) in
    gateSums.withOutput { sums in
      withInputs(branch.value, modulation.value, gradient) { b, m, dy in
        pieces.forEachPiece { piece, sample, start, rows in
          mixflow_gated_add_backward(
            m.pointer + chunk.start(sample), b.pointer + start, dy.pointer + start,
            db.pointer + start, sums.pointer + piece * pieces.width, rows, pieces.width)
        }
      }
    }
  }
  branch.accumulate(branchGradient)
  pieces.add(gateSums, to: modulation, chunk)
}

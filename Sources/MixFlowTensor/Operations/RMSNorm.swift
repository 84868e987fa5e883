import CKernels

/// Returns `x / √(mean(x²) + eps) · weight` over the last dimension (Zhang and Sennrich, 2019).
///
/// - Parameters:
///   - x: `[..., D]`.
///   - weight: `[D]`.
///   - eps: Added to the mean square.
/// - Returns: The same shape as `x`.
public func rmsNorm(_ x: Variable, weight: Variable, eps: Float = 1e-6) -> Variable {
  let pieces = RowPieces(rowsOf: x.value)
  let chunk = RowChunk(weight: weight.value, width: pieces.width)
  var roots = Tensor(zeros: [pieces.rows])
  let y = profiled(.normalization, bytes: 2 * x.value.byteCount) {
    Tensor(shape: x.shape) { (y: SharedOutput) in
      roots.withOutput { roots in
        withInputs(x.value, weight.value) { x, weight in
          pieces.forEachPiece { _, _, start, rows in
            mixflow_rms_norm(
              x.pointer + start, weight.pointer, y.pointer + start,
              roots.pointer + start / pieces.width, eps, rows, pieces.width)
          }
        }
      }
    }
  }
  return Variable.derive(y, from: [x, weight]) { [x0 = x.value, w0 = weight.value, roots] in
    let (dx, sums) = rmsNormVJP(x0, weight: w0, roots: roots, pieces, gradient: $0)
    x.accumulate(dx)
    pieces.add(sums, to: weight, chunk)
  }
}

/// The pullback of ``rmsNorm(_:weight:eps:)``: the gradient of `x`, and that of the weight by pieces.
private func rmsNormVJP(
  _ x: Tensor, weight: Tensor, roots: Tensor, _ pieces: RowPieces, gradient: Tensor
) -> (Tensor, weightSums: Tensor) {
  var sums = Tensor(zeros: [pieces.count, pieces.width])
  let dx = profiled(.normalization, bytes: 3 * x.byteCount) {
    Tensor(shape: x.shape) { (dx: SharedOutput) in
      sums.withOutput { sums in
        withInputs(x, weight) { x, weight in
          withInputs(roots, gradient) { roots, dy in
            pieces.forEachPiece { piece, _, start, rows in
              mixflow_rms_norm_backward(
                x.pointer + start, weight.pointer, dy.pointer + start,
                roots.pointer + start / pieces.width, dx.pointer + start,
                sums.pointer + piece * pieces.width, rows, pieces.width)
            }
          }
        }
      }
    }
  }
  return (dx, sums)
}

/// Returns `x / max(‖x‖, eps)` over the last dimension, as PyTorch's `normalize` does.
///
/// - Parameters:
///   - x: `[..., D]`.
///   - eps: The least divisor.
/// - Returns: The same shape as `x`.
public func l2Normalize(_ x: Variable, eps: Float = 1e-12) -> Variable {
  let pieces = RowPieces(rowsOf: x.value)
  var norms = Tensor(zeros: [pieces.rows])
  let y = profiled(.normalization, bytes: 2 * x.value.byteCount) {
    Tensor(shape: x.shape) { (y: SharedOutput) in
      norms.withOutput { norms in
        x.value.withInput { x in
          pieces.forEachPiece { _, _, start, rows in
            mixflow_l2_normalize(
              x.pointer + start, y.pointer + start, norms.pointer + start / pieces.width, eps, rows,
              pieces.width)
          }
        }
      }
    }
  }
  return x.derive(y) { [norms] gradient in
    profiled(.normalization, bytes: 3 * gradient.byteCount) {
      Tensor(shape: y.shape) { (dx: SharedOutput) in
        withInputs(y, norms, gradient) { y, norms, dy in
          pieces.forEachPiece { _, _, start, rows in
            mixflow_l2_normalize_backward(
              y.pointer + start, norms.pointer + start / pieces.width, dy.pointer + start,
              dx.pointer + start, eps, rows, pieces.width)
          }
        }
      }
    }
  }
}

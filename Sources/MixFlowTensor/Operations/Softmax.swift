import CKernels

/// Returns `exp(x) / Σ exp(x)` over the last dimension.
public func softmax(_ x: Tensor) -> Tensor {
  let pieces = RowPieces(rowsOf: x)
  var logSums = Tensor(zeros: [pieces.rows])
  var y = x
  profiled(.activation, bytes: 2 * x.byteCount) {
    y.withOutput { y in
      logSums.withOutput { logSums in
        pieces.forEachPiece { _, _, start, rows in
          mixflow_softmax(
            y.pointer + start, logSums.pointer + start / pieces.width, rows, pieces.width)
        }
      }
    }
  }
  return y
}

/// The pullback of ``softmax(_:)-(Tensor)`` where it returned `y`.
package func softmaxVJP(_ y: Tensor, gradient: Tensor) -> Tensor {
  let pieces = RowPieces(rowsOf: y)
  var dx = gradient
  profiled(.activation, bytes: 3 * y.byteCount) {
    dx.withOutput { dx in
      y.withInput { y in
        pieces.forEachPiece { _, _, start, rows in
          mixflow_softmax_backward(
            y.pointer + start, dx.pointer + start, 1, rows, pieces.width)
        }
      }
    }
  }
  return dx
}

/// Returns `exp(x) / Σ exp(x)` over the last dimension.
public func softmax(_ x: Variable) -> Variable {
  let y = softmax(x.value)
  return x.derive(y) { softmaxVJP(y, gradient: $0) }
}

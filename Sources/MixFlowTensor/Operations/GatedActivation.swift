import CKernels

/// Returns `silu(g) ⊙ u` for `x = [g, u]`, the gate of SwiGLU (Shazeer, 2020).
///
/// - Parameter x: `[..., 2 h]`, gates before values.
/// - Returns: `[..., h]`.
public func swiGLU(_ x: Tensor) -> Tensor {
  let size = GateSize(x.shape)
  return profiled(.activation, bytes: x.byteCount * 3 / 2) {
    Tensor(shape: size.outputShape) { (y: SharedOutput) in
      x.withInput { x in
        parallelRanges(size.rows, piece: rowsPerPiece(width: size.width)) { rows in
          let start = rows.lowerBound * size.width
          mixflow_swiglu(x.pointer + 2 * start, y.pointer + start, rows.count, size.width)
        }
      }
    }
  }
}

/// The pullback of ``swiGLU(_:)-(Tensor)`` at `x`.
package func swiGLUVJP(_ x: Tensor, gradient: Tensor) -> Tensor {
  let size = GateSize(x.shape)
  return profiled(.activation, bytes: x.byteCount * 5 / 2) {
    Tensor(shape: x.shape) { (dx: SharedOutput) in
      withInputs(x, gradient) { x, dy in
        parallelRanges(size.rows, piece: rowsPerPiece(width: size.width)) { rows in
          let start = rows.lowerBound * size.width
          mixflow_swiglu_backward(
            x.pointer + 2 * start, dy.pointer + start, dx.pointer + 2 * start, rows.count,
            size.width)
        }
      }
    }
  }
}

/// Returns `silu(g) ⊙ u` for `x = [g, u]`; shapes as in the overload for tensors.
public func swiGLU(_ x: Variable) -> Variable {
  x.derive(swiGLU(x.value)) { [x = x.value] in swiGLUVJP(x, gradient: $0) }
}

private struct GateSize {
  let rows: Int
  let width: Int
  let outputShape: [Int]

  init(_ shape: [Int]) {
    precondition((shape.last ?? 1) % 2 == 0, "gates and values in rows of \(shape)")
    width = (shape.last ?? 0) / 2
    outputShape = shape.dropLast() + [width]
    rows = shape.dropLast().reduce(1, *)
  }
}

import CKernels

/// Returns one of the equal parts that the last dimension is cut into.
///
/// - Parameters:
///   - x: `[..., count · D]`.
///   - index: Which part, from 0.
///   - count: The number of parts.
/// - Returns: `[..., D]`.
public func chunk(_ x: Variable, _ index: Int, of count: Int) -> Variable {
  let stride = x.shape.last ?? 0
  precondition(
    count > 0 && stride % count == 0 && 0..<count ~= index,
    "part \(index) of \(count) of \(x.shape)")
  let width = stride / count
  let rows = x.shape.dropLast().reduce(1, *)
  let shape = x.shape.dropLast() + [width]
  let y = profiled(.layout, bytes: 2 * rows * width * MemoryLayout<Float>.stride) {
    Tensor(shape: Array(shape)) { (y: SharedOutput) in
      x.value.withInput { x in
        parallelRanges(rows, piece: rowsPerPiece(width: width)) { range in
          for row in range {
            (y.pointer + row * width).update(
              from: x.pointer + row * stride + index * width, count: width)
          }
        }
      }
    }
  }
  return Variable.derive(y, from: [x]) { gradient in
    profiled(.layout, bytes: 3 * gradient.byteCount) {
      gradient.withInput { dy in
        x.addToGradient({ dx in
          parallelRanges(rows, piece: rowsPerPiece(width: width)) { range in
            for row in range {
              mixflow_axpby(
                1, dy.pointer + row * width, 1, dx.pointer + row * stride + index * width, width)
            }
          }
        })
      }
    }
  }
}

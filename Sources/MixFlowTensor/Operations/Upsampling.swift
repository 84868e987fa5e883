import CKernels

/// Returns images of twice the height and width, each pixel four times.
///
/// - Parameter images: `[B, C, H, W]`.
/// - Returns: `[B, C, 2 H, 2 W]`.
public func upsampleNearest2x(_ images: Tensor) -> Tensor {
  precondition(images.shape.count == 4, "images \(images.shape)")
  let (height, width) = (images.shape[2], images.shape[3])
  let plane = height * width
  let shape = images.shape.prefix(2) + [2 * height, 2 * width]
  return profiled(.layout, bytes: 5 * images.byteCount) {
    Tensor(shape: Array(shape)) { (y: SharedOutput) in
      images.withInput { x in
        parallelForEach(shape[0] * shape[1]) { index in
          mixflow_upsample2x(
            x.pointer + index * plane, y.pointer + 4 * index * plane, height, width)
        }
      }
    }
  }
}

/// The pullback of ``upsampleNearest2x(_:)-(Tensor)``.
package func upsampleNearest2xVJP(gradient: Tensor) -> Tensor {
  let (height, width) = (gradient.shape[2] / 2, gradient.shape[3] / 2)
  let plane = height * width
  let shape = gradient.shape.prefix(2) + [height, width]
  return profiled(.layout, bytes: gradient.byteCount * 5 / 4) {
    Tensor(shape: Array(shape)) { (dx: SharedOutput) in
      gradient.withInput { dy in
        parallelForEach(shape[0] * shape[1]) { index in
          mixflow_upsample2x_backward(
            dy.pointer + 4 * index * plane, dx.pointer + index * plane, height, width)
        }
      }
    }
  }
}

/// Returns images of twice the height and width; shapes as in the overload for tensors.
public func upsampleNearest2x(_ images: Variable) -> Variable {
  images.derive(upsampleNearest2x(images.value)) { upsampleNearest2xVJP(gradient: $0) }
}

/// How the pixels of a resized image are interpolated; centres of pixels are aligned, as in
/// PyTorch's `interpolate` without `align_corners`.
public enum ResizeFilter: Sendable {
  /// Linear between the two nearest pixels.
  case bilinear
  /// Cubic with `a = -0.75` over the four nearest pixels, also where the image shrinks.
  case bicubic
  /// Cubic with `a = -0.5`, widened where the image shrinks, as PIL does.
  case antialiasedBicubic
}

/// Returns images of another size.
///
/// Interpolation is linear and separable: `Y = R_h X R_wᵀ` for each plane `X`.
///
/// - Parameters:
///   - images: `[B, C, H, W]`.
///   - height: The new height.
///   - width: The new width.
///   - filter: How pixels are interpolated.
/// - Returns: `[B, C, height, width]`.
public func resize(
  _ images: Tensor, height: Int, width: Int, filter: ResizeFilter
) -> Tensor {
  let (rows, columns) = resizeMatrices(images.shape, height, width, filter)
  return sandwich(images, rows, columns, transposed: false, height: height, width: width)
}

/// The pullback of ``resize(_:height:width:filter:)-(Tensor,_,_,_)`` at images of `shape`:
/// `dX = R_hᵀ dY R_w`.
package func resizeVJP(_ shape: [Int], filter: ResizeFilter, gradient: Tensor) -> Tensor {
  let (rows, columns) = resizeMatrices(shape, gradient.shape[2], gradient.shape[3], filter)
  return sandwich(
    gradient, rows, columns, transposed: true, height: shape[2], width: shape[3])
}

/// Returns images of another size; shapes as in the overload for tensors.
public func resize(
  _ images: Variable, height: Int, width: Int, filter: ResizeFilter
) -> Variable {
  let y = resize(images.value, height: height, width: width, filter: filter)
  return images.derive(y) { [shape = images.shape] in
    resizeVJP(shape, filter: filter, gradient: $0)
  }
}

private func resizeMatrices(
  _ shape: [Int], _ height: Int, _ width: Int, _ filter: ResizeFilter
) -> (rows: Tensor, columns: Tensor) {
  precondition(
    shape.count == 4 && shape[2] > 0 && shape[3] > 0 && height > 0 && width > 0,
    "resize \(shape) to \(height) × \(width)")
  return (
    filter.matrix(from: shape[2], to: height), filter.matrix(from: shape[3], to: width)
  )
}

/// Returns `A X Bᵀ`, or with `transposed` `Aᵀ X B`, for each plane `X` of `images`.
private func sandwich(
  _ images: Tensor, _ a: Tensor, _ b: Tensor, transposed: Bool, height: Int, width: Int
) -> Tensor {
  let (fromHeight, fromWidth) = (images.shape[2], images.shape[3])
  let planes = images.shape[0] * images.shape[1]
  return profiled(
    .layout, flops: 2 * planes * height * fromWidth * (fromHeight + width), bytes: images.byteCount
  ) {
    Tensor(shape: images.shape.prefix(2) + [height, width]) { (y: SharedOutput) in
      withInputs(images, a, b) { x, a, b in
        let left = MatrixOperand(
          a, rowStride: transposed ? height : fromHeight, transposed: transposed)
        let right = MatrixOperand(
          b, rowStride: transposed ? width : fromWidth, transposed: !transposed)
        parallelForEach(planes) { plane in
          withScratch(height * fromWidth) { middle in
            multiplyHere(
              rows: height, columns: fromWidth, depth: fromHeight, left,
              MatrixOperand(x.pointer + plane * fromHeight * fromWidth, rowStride: fromWidth),
              beta: 0, into: middle, rowStride: fromWidth)
            multiplyHere(
              rows: height, columns: width, depth: fromWidth,
              MatrixOperand(middle, rowStride: fromWidth), right,
              beta: 0, into: y.pointer + plane * height * width, rowStride: width)
          }
        }
      }
    }
  }
}

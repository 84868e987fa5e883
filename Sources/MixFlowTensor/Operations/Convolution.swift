import CKernels

/// The zeros around an image, in pixels on each side.
public struct ConvolutionPadding: Sendable {
  /// Rows above.
  public let top: Int
  /// Columns before.
  public let left: Int
  /// Rows below.
  public let bottom: Int
  /// Columns behind.
  public let right: Int

  /// Creates a padding, of zero pixels where a side is not named.
  public init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  /// The same on all sides.
  public init(_ pixels: Int) {
    self.init(top: pixels, left: pixels, bottom: pixels, right: pixels)
  }
}

/// Returns the convolution of images with square kernels, as PyTorch's `conv2d` defines it.
///
/// The pixels under the kernel are laid out as columns, a tile of output rows at a time, so that the
/// work is a matrix product and the memory for it stays small.
///
/// - Parameters:
///   - x: `[B, C, H, W]`.
///   - weight: `[O, C, k, k]`.
///   - bias: `[O]`.
///   - stride: The distance between kernels, in pixels.
///   - padding: The zeros around the images.
/// - Returns: `[B, O, (H + top + bottom - k) / stride + 1, (W + left + right - k) / stride + 1]`.
public func convolution(
  _ x: Variable, weight: Variable, bias: Variable, stride: Int = 1, padding: ConvolutionPadding
) -> Variable {
  precondition(bias.shape == [weight.shape[0]], "weight \(weight.shape), bias \(bias.shape)")
  let kernel = ConvolutionKernel(
    x.shape, weight: weight.shape, stride: stride, padding: padding)
  let bytes = x.value.byteCount + weight.value.byteCount
  let y = profiled(
    .convolution, flops: kernel.flopsPerProduct, bytes: bytes + kernel.outputByteCount
  ) {
    kernel.forward(x.value, weight: weight.value, bias: bias.value)
  }
  return Variable.derive(y, from: [x, weight, bias]) { gradient in
    profiled(
      .convolution, flops: 2 * kernel.flopsPerProduct, bytes: 2 * (bytes + gradient.byteCount)
    ) {
      withInputs(x.value, weight.value, gradient) { x0, w0, dy in
        weight.updateGradient { dw, hasSum in
          kernel.addWeightGradient(x0, gradient: dy, into: dw, hasSum: hasSum)
        }
        x.addToGradient({ kernel.addInputGradient(weight: w0, gradient: dy, into: $0) })
        bias.addToGradient({ kernel.addBiasGradient(gradient: dy, into: $0) })
      }
    }
  }
}

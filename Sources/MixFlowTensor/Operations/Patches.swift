/// The geometry of cutting images `[B, C, H, W]` into square patches.
struct PatchSize: Sendable {
  let samples: Int
  let channels: Int
  let height: Int
  let width: Int
  let patch: Int

  init(_ shape: [Int], patch: Int) {
    precondition(
      shape.count == 4 && patch > 0 && shape[2] % patch == 0 && shape[3] % patch == 0,
      "patches of \(patch) over images \(shape)")
    samples = shape[0]
    channels = shape[1]
    height = shape[2]
    width = shape[3]
    self.patch = patch
  }

  var rows: Int { height / patch }
  var columns: Int { width / patch }
  var tokens: Int { rows * columns }
  var imageShape: [Int] { [samples, channels, height, width] }
  var byteCount: Int { imageShape.reduce(1, *) * MemoryLayout<Float>.stride }
}

/// Where the pixels of a patch lie in its row.
private struct PatchOrder: Sendable {
  let channelStride: Int
  let rowStride: Int
  let columnStride: Int
  /// The elements of a patch.
  let width: Int

  /// (channel, y, x), as the weight of a patch convolution has them.
  static func channelsFirst(_ size: PatchSize) -> PatchOrder {
    PatchOrder(
      channelStride: size.patch * size.patch, rowStride: size.patch, columnStride: 1,
      width: size.channels * size.patch * size.patch)
  }

  /// (y, x, channel), as SiT's last layer has them.
  static func channelsLast(_ size: PatchSize, channels: Int) -> PatchOrder {
    PatchOrder(
      channelStride: 1, rowStride: size.patch * channels, columnStride: channels,
      width: size.patch * size.patch * channels)
  }
}

/// Returns the patches of images as rows, in the order of a patch convolution's weight.
///
/// - Parameters:
///   - images: `[B, C, H, W]`.
///   - patch: The side of a patch, a divisor of `H` and `W`.
/// - Returns: `[B, T, C · p · p]`, tokens in row-major order, a patch ordered (channel, y, x).
public func patchify(_ images: Variable, patch: Int) -> Variable {
  let size = PatchSize(images.shape, patch: patch)
  let order = PatchOrder.channelsFirst(size)
  let tokens = Tensor(shape: [size.samples, size.tokens, order.width]) { (tokens: SharedOutput) in
    images.value.withInput { size.cut($0, into: tokens, order) }
  }
  return images.derive(tokens) { gradient in
    Tensor(shape: size.imageShape) { (images: SharedOutput) in
      gradient.withInput { size.join($0, into: images, order) }
    }
  }
}

/// Returns images from rows that hold one patch each, in SiT's order.
///
/// Of `C_out` predicted channels the first `channels` are kept, as `learn_sigma` models want it; the
/// gradient of the rest is zero.
///
/// - Parameters:
///   - tokens: `[B, T, p · p · C_out]`, a patch ordered (y, x, channel).
///   - patch: The side of a patch `p`.
///   - channels: The channels to keep, at most `C_out`.
///   - height: The height `H` of the images.
///   - width: The width `W` of the images.
/// - Returns: `[B, channels, H, W]`.
public func unpatchify(
  _ tokens: Variable, patch: Int, channels: Int, height: Int, width: Int
) -> Variable {
  let size = PatchSize([tokens.shape[0], channels, height, width], patch: patch)
  let predicted = tokens.shape[2] / (patch * patch)
  precondition(
    tokens.shape == [size.samples, size.tokens, patch * patch * predicted]
      && channels <= predicted,
    "unpatchify \(tokens.shape) to \(size.imageShape)")
  let order = PatchOrder.channelsLast(size, channels: predicted)
  let images = Tensor(shape: size.imageShape) { (images: SharedOutput) in
    tokens.value.withInput { size.join($0, into: images, order) }
  }
  return tokens.derive(images) { [shape = tokens.shape] gradient in
    var tokens = Tensor(zeros: shape)
    tokens.withOutput { tokens in gradient.withInput { size.cut($0, into: tokens, order) } }
    return tokens
  }
}

extension PatchSize {
  /// Copies the pixels of images to the rows of their patches.
  fileprivate func cut(_ images: SharedInput, into tokens: SharedOutput, _ order: PatchOrder) {
    forEachPixelRow(order) { pixel, element in
      let (source, target) = (images.pointer + pixel, tokens.pointer + element)
      for column in 0..<columns {
        for x in 0..<patch {
          target[column * order.width + x * order.columnStride] = source[column * patch + x]
        }
      }
    }
  }

  /// Copies the rows of patches to the pixels of their images.
  fileprivate func join(_ tokens: SharedInput, into images: SharedOutput, _ order: PatchOrder) {
    forEachPixelRow(order) { pixel, element in
      let (source, target) = (tokens.pointer + element, images.pointer + pixel)
      for column in 0..<columns {
        for x in 0..<patch {
          target[column * patch + x] = source[column * order.width + x * order.columnStride]
        }
      }
    }
  }

  /// Calls `body` for each row of pixels with the index of its first pixel, and that of the same
  /// pixel among the patches; threads share the rows of patches.
  private func forEachPixelRow(
    _ order: PatchOrder, _ body: @Sendable (_ pixel: Int, _ element: Int) -> Void
  ) {
    profiled(.layout, bytes: 2 * byteCount) {
      parallelRanges(samples * rows, piece: rowsPerPiece(width: channels * patch * width)) {
        for patchRow in $0 {
          let (sample, row) = patchRow.quotientAndRemainder(dividingBy: rows)
          for channel in 0..<channels {
            for y in 0..<patch {
              body(
                ((sample * channels + channel) * height + row * patch + y) * width,
                patchRow * columns * order.width + channel * order.channelStride
                  + y * order.rowStride)
            }
          }
        }
      }
    }
  }
}

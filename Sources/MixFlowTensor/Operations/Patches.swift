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

  /// Calls `body(image index, token index, py, px, channel)` for every pixel of one sample.
  func forEachPixel(of sample: Int, _ body: (_ image: Int, _ token: Int, _ inside: Inside) -> Void)
  {
    for channel in 0..<channels {
      for y in 0..<height {
        for x in 0..<width {
          body(
            ((sample * channels + channel) * height + y) * width + x,
            sample * tokens + y / patch * columns + x / patch,
            Inside(channel: channel, y: y % patch, x: x % patch))
        }
      }
    }
  }

  /// The place of a pixel in its patch.
  struct Inside {
    let channel: Int
    let y: Int
    let x: Int
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
  return images.derive(patchRows(images.value, size)) { gradient in
    Tensor(shape: size.imageShape) { (out: SharedOutput) in
      gradient.withInput { rows in
        parallelForEach(size.samples) { sample in
          size.forEachPixel(of: sample) { image, token, inside in
            out.pointer[image] = rows.pointer[convolutionOrder(token, inside, size)]
          }
        }
      }
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
  let images = Tensor(shape: size.imageShape) { (out: SharedOutput) in
    tokens.value.withInput { rows in
      parallelForEach(size.samples) { sample in
        size.forEachPixel(of: sample) { image, token, inside in
          out.pointer[image] = rows.pointer[channelsLast(token, inside, size, predicted)]
        }
      }
    }
  }
  return tokens.derive(images) { [shape = tokens.shape] gradient in
    var rows = Tensor(zeros: shape)
    rows.withOutput { out in
      gradient.withInput { images in
        parallelForEach(size.samples) { sample in
          size.forEachPixel(of: sample) { image, token, inside in
            out.pointer[channelsLast(token, inside, size, predicted)] = images.pointer[image]
          }
        }
      }
    }
    return rows
  }
}

private func patchRows(_ images: Tensor, _ size: PatchSize) -> Tensor {
  Tensor(shape: [size.samples, size.tokens, size.channels * size.patch * size.patch]) {
    (out: SharedOutput) in
    images.withInput { pixels in
      parallelForEach(size.samples) { sample in
        size.forEachPixel(of: sample) { image, token, inside in
          out.pointer[convolutionOrder(token, inside, size)] = pixels.pointer[image]
        }
      }
    }
  }
}

private func convolutionOrder(_ token: Int, _ inside: PatchSize.Inside, _ size: PatchSize) -> Int {
  ((token * size.channels + inside.channel) * size.patch + inside.y) * size.patch + inside.x
}

private func channelsLast(
  _ token: Int, _ inside: PatchSize.Inside, _ size: PatchSize, _ channels: Int
) -> Int {
  ((token * size.patch + inside.y) * size.patch + inside.x) * channels + inside.channel
}

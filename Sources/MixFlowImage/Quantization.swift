/// The rule that turns a model's float32 pixels into bytes.
///
/// The three code bases differ, and Frechet distances notice, so each rule is kept as it is. All
/// compute in float32 and cut the fraction off; a value that is not a number becomes 0.
public enum Quantization: String, CaseIterable, Codable, Sendable {
  /// SiT, and `torchvision`'s `save_image`: `clamp(127.5 x + 128, 0, 255)` for `x` in [-1, 1].
  case sit
  /// REPA: `clamp(255 (x + 1) / 2, 0, 255)` for `x` in [-1, 1].
  case repa
  /// RAE: `255 clamp(x, 0, 1)` for `x` in [0, 1].
  case rae

  /// Returns the byte for one value.
  public func callAsFunction(_ x: Float) -> UInt8 {
    let scaled =
      switch self {
      case .sit: 127.5 * x + 128
      case .repa: 255 * ((x + 1) / 2)
      case .rae: 255 * x
      }
    // The comparison is false for a value that is not a number.
    guard scaled > 0 else { return 0 }
    return UInt8(min(scaled, 255))
  }

  /// Turns planes of float32 into an image.
  ///
  /// - Parameters:
  ///   - planes: The values, `[channels, height, width]`.
  ///   - channels: 1 (gray) or 3 (RGB).
  ///   - height: The number of rows.
  ///   - width: The number of columns.
  /// - Returns: The image, `[height, width, channels]`.
  public func image(
    _ planes: UnsafeBufferPointer<Float>, channels: Int, height: Int, width: Int
  ) -> Image {
    precondition(
      planes.count == channels * height * width,
      "\(planes.count) values for planes of shape \([channels, height, width])")
    let area = height * width
    let pixels = [UInt8](unsafeUninitializedCapacity: planes.count) { buffer, count in
      count = planes.count
      for index in 0..<count {
        buffer[index] = self(planes[index % channels * area + index / channels])
      }
    }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// Turns planes of float32, `[channels, height, width]`, into an image.
  public func image(_ planes: [Float], channels: Int, height: Int, width: Int) -> Image {
    planes.withUnsafeBufferPointer {
      image($0, channels: channels, height: height, width: width)
    }
  }
}

/// An 8-bit image in memory, gray or RGB.
///
/// Pixels lie row by row from the top left corner, the channels of a pixel side by side
/// (`[H, W, C]`).
public struct Image: Equatable, Sendable {
  /// The number of columns, at least 1.
  public let width: Int
  /// The number of rows, at least 1.
  public let height: Int
  /// The number of values in a pixel: 1 (gray) or 3 (RGB).
  public let channels: Int
  /// The values, `[height, width, channels]` in row-major order.
  public let pixels: [UInt8]

  /// Creates an image from its values.
  ///
  /// - Parameters:
  ///   - width: The number of columns, at least 1.
  ///   - height: The number of rows, at least 1.
  ///   - channels: 1 (gray) or 3 (RGB).
  ///   - pixels: The values, `[height, width, channels]`.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels, not \(channels)")
    precondition(width > 0 && height > 0, "an image of \(width)x\(height) pixels")
    precondition(
      pixels.count == width * height * channels,
      "\(pixels.count) values for an image of shape \([height, width, channels])")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// The value of one channel of one pixel.
  public subscript(row row: Int, column column: Int, channel channel: Int) -> UInt8 {
    precondition(
      0..<height ~= row && 0..<width ~= column && 0..<channels ~= channel,
      "\([row, column, channel]) is outside an image of shape \([height, width, channels])")
    return pixels[(row * width + column) * channels + channel]
  }

  /// The same image with three channels; gray becomes three equal ones.
  public var rgb: Image {
    guard channels == 1 else { return self }
    return Image(
      width: width, height: height, channels: 3, pixels: pixels.flatMap { [$0, $0, $0] })
  }
}

/// Scales images of one size down by area averages.
///
/// Each new pixel is the mean of the rectangle of old pixels that it covers, those at its edges
/// counted by the share that lies inside; halves round up. All of it is done in integers, so the
/// result is the same on every machine.
public struct AreaResize: Sendable {
  private let columns: AreaOverlaps
  private let rows: AreaOverlaps

  /// Prepares the scaling from one size to another.
  ///
  /// - Parameters:
  ///   - width: The old number of columns.
  ///   - height: The old number of rows.
  ///   - newWidth: The new number of columns, at least 1.
  ///   - newHeight: The new number of rows, at least 1.
  /// - Throws: `ImageError.enlargement` where the new size exceeds the old one.
  public init(width: Int, height: Int, toWidth newWidth: Int, height newHeight: Int) throws {
    precondition(newWidth > 0 && newHeight > 0, "a new size of \(newWidth)x\(newHeight)")
    guard newWidth <= width, newHeight <= height else {
      throw ImageError.enlargement(from: [width, height], to: [newWidth, newHeight])
    }
    columns = AreaOverlaps(from: width, to: newWidth)
    rows = AreaOverlaps(from: height, to: newHeight)
  }

  /// Returns `image`, which has the old size, in the new one.
  public func callAsFunction(_ image: Image) -> Image {
    precondition(
      [image.width, image.height] == [columns.oldCount, rows.oldCount],
      "\(image.width)x\(image.height) pixels, expected \(columns.oldCount)x\(rows.oldCount)")
    guard columns.oldCount != columns.newCount || rows.oldCount != rows.newCount else {
      return image
    }
    let channels = image.channels
    var pixels: [UInt8] = []
    pixels.reserveCapacity(rows.newCount * columns.newCount * channels)
    let total = columns.oldCount * rows.oldCount
    for row in 0..<rows.newCount {
      for column in 0..<columns.newCount {
        for channel in 0..<channels {
          var sum = 0
          for (y, rowWeight) in rows.weights(of: row) {
            for (x, columnWeight) in columns.weights(of: column) {
              let value = image.pixels[(y * image.width + x) * channels + channel]
              sum += rowWeight * columnWeight * Int(value)
            }
          }
          pixels.append(UInt8((2 * sum + total) / (2 * total)))
        }
      }
    }
    return Image(
      width: columns.newCount, height: rows.newCount, channels: channels, pixels: pixels)
  }
}

/// How the cells of a coarse division of a line overlap those of a fine one.
private struct AreaOverlaps: Sendable {
  let oldCount: Int
  let newCount: Int
  private let overlaps: [[(index: Int, weight: Int)]]

  init(from oldCount: Int, to newCount: Int) {
    self.oldCount = oldCount
    self.newCount = newCount
    // In units of 1/(oldCount newCount) of the line every boundary is an integer.
    overlaps = (0..<newCount).map { new in
      let start = new * oldCount
      let end = start + oldCount
      return (start / newCount..<(end + newCount - 1) / newCount).map { old in
        (old, min(end, (old + 1) * newCount) - max(start, old * newCount))
      }
    }
  }

  /// The old cells under a new one with their shares, which add up to `oldCount`.
  func weights(of new: Int) -> [(index: Int, weight: Int)] { overlaps[new] }
}

extension Image {
  /// Returns the image scaled down by area averages; see ``AreaResize``.
  ///
  /// - Parameters:
  ///   - newWidth: The new number of columns, no more than ``width``.
  ///   - newHeight: The new number of rows, no more than ``height``.
  /// - Returns: The smaller image.
  /// - Throws: `ImageError.enlargement` where the new size exceeds the old one.
  public func resized(toWidth newWidth: Int, height newHeight: Int) throws -> Image {
    try AreaResize(width: width, height: height, toWidth: newWidth, height: newHeight)(self)
  }
}

/// Resamples 8-bit images with a filter that widens as it shrinks, with Pillow's exact arithmetic.
///
/// Rows are resampled first and rounded to bytes, then columns; an image that loses more than twice
/// as many rows as columns takes the other order. Weights are integers in units of 2⁻²²
/// (`Image.resize` of Pillow 13, for modes of 8 bits; earlier versions always begin with the rows,
/// which can change a byte by one).
public struct FilterResize: Sendable {
  /// A filter of Pillow.
  public enum Filter: Sendable {
    /// The mean of the pixels whose centres lie within the new pixel (`BOX`).
    case box
    /// The cubic kernel with `a = -0.5` (`BICUBIC`; Keys, 1981).
    case bicubic

    /// Half the width, at a scale of 1.
    fileprivate var support: Double { self == .box ? 0.5 : 2 }

    fileprivate func callAsFunction(_ x: Double) -> Double {
      switch self {
      case .box: return x > -0.5 && x <= 0.5 ? 1 : 0
      case .bicubic:
        let x = x.magnitude
        if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0
      }
    }
  }

  private let width: Int
  private let height: Int
  private let columns: [Taps]
  private let rows: [Taps]

  /// The old pixels that make a new one, with their weights.
  private struct Taps {
    let start: Int
    let weights: [Int]
  }

  /// The fraction bits of weights.
  private static let precision = 22

  /// Prepares the scaling from one size to another.
  ///
  /// - Parameters:
  ///   - width: The old number of columns.
  ///   - height: The old number of rows.
  ///   - newWidth: The new number of columns, at least 1.
  ///   - newHeight: The new number of rows, at least 1.
  ///   - filter: The filter.
  public init(
    width: Int, height: Int, toWidth newWidth: Int, height newHeight: Int, filter: Filter
  ) {
    precondition(newWidth > 0 && newHeight > 0, "a new size of \(newWidth)x\(newHeight)")
    self.width = width
    self.height = height
    columns = Self.taps(from: width, to: newWidth, filter)
    rows = Self.taps(from: height, to: newHeight, filter)
  }

  private static func taps(from old: Int, to new: Int, _ filter: Filter) -> [Taps] {
    let scale = Double(old) / Double(new)
    let widening = max(scale, 1)
    let support = filter.support * widening
    return (0..<new).map { index in
      let centre = (Double(index) + 0.5) * scale
      let start = max(0, Int(centre - support + 0.5))
      let end = min(old, Int(centre + support + 0.5))
      // Pillow multiplies with the reciprocal, and rounding notices.
      let narrowing = 1 / widening
      let weights = (start..<end).map { filter((Double($0) - centre + 0.5) * narrowing) }
      let sum = weights.reduce(0, +)
      return Taps(
        start: start,
        weights: weights.map {
          let weight = (sum == 0 ? $0 : $0 / sum) * Double(1 << precision)
          return Int(weight < 0 ? weight - 0.5 : weight + 0.5)
        })
    }
  }

  /// Returns `image`, which has the old size, in the new one.
  public func callAsFunction(_ image: Image) -> Image {
    precondition(
      [image.width, image.height] == [width, height],
      "\(image.width)x\(image.height) pixels, expected \(width)x\(height)")
    let channels = image.channels
    var pixels = image.pixels
    let lostRows = height - rows.count
    let columnsFirst = lostRows > 0 && lostRows > 2 * (width - columns.count)
    if columnsFirst {
      pixels = Self.resample(
        pixels, rows, lines: width, lineStride: channels, step: width * channels,
        channels: channels, transposed: true)
    }
    let lines = columnsFirst ? rows.count : height
    if columns.count != width {
      pixels = Self.resample(
        pixels, columns, lines: lines, lineStride: width * channels, step: channels,
        channels: channels, transposed: false)
    }
    if !columnsFirst, rows.count != height {
      pixels = Self.resample(
        pixels, rows, lines: columns.count, lineStride: channels, step: columns.count * channels,
        channels: channels, transposed: true)
    }
    return Image(width: columns.count, height: rows.count, channels: channels, pixels: pixels)
  }

  /// Resamples all lines of one direction.
  ///
  /// - Parameters:
  ///   - pixels: The old values.
  ///   - taps: Those of each new place on a line.
  ///   - lines: The number of lines.
  ///   - lineStride: The distance from a line to the next.
  ///   - step: The distance from a pixel to the next on a line.
  ///   - channels: The values of a pixel.
  ///   - transposed: Whether lines are columns.
  /// - Returns: The new values, row by row.
  private static func resample(
    _ pixels: [UInt8], _ taps: [Taps], lines: Int, lineStride: Int, step: Int, channels: Int,
    transposed: Bool
  ) -> [UInt8] {
    let half = 1 << (precision - 1)
    return [UInt8](unsafeUninitializedCapacity: taps.count * lines * channels) { result, count in
      count = taps.count * lines * channels
      // Neighbours in memory one after the other, in either direction.
      let (outer, inner) = transposed ? (taps.count, lines) : (lines, taps.count)
      for first in 0..<outer {
        for second in 0..<inner {
          let (place, line) = transposed ? (first, second) : (second, first)
          let tap = taps[place]
          let target = (first * inner + second) * channels
          for channel in 0..<channels {
            var sum = half
            var source = line * lineStride + tap.start * step + channel
            for weight in tap.weights {
              sum += weight * Int(pixels[source])
              source += step
            }
            result[target + channel] = UInt8(max(0, min(255, sum >> precision)))
          }
        }
      }
    }
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How alike two images of one size are.
public enum ImageQuality {
  /// Returns the peak signal-to-noise ratio, `10 log₁₀(255² / mean squared error)`, in decibels.
  ///
  /// - Parameters:
  ///   - image: An image.
  ///   - reference: An image of the same size and channels.
  /// - Returns: Infinity for equal images.
  public static func peakSignalToNoise(_ image: Image, _ reference: Image) -> Double {
    check(image, reference)
    let sum = zip(image.pixels, reference.pixels).reduce(0) { sum, pair in
      let difference = Int(pair.0) - Int(pair.1)
      return sum + difference * difference
    }
    guard sum > 0 else { return .infinity }
    return 10 * log10(255 * 255 * Double(image.pixels.count) / Double(sum))
  }

  /// The side of the window of ``structuralSimilarity(_:_:)``.
  public static let windowSide = 11

  /// Returns the structural similarity (Wang et al., 2004).
  ///
  /// The window is Gaussian, 11 x 11 with a deviation of 1.5, and lies wholly inside the image; the
  /// constants are `K₁ = 0.01`, `K₂ = 0.03` and a range of 255. Channels are compared one by one and
  /// averaged.
  ///
  /// - Parameters:
  ///   - image: An image.
  ///   - reference: An image of the same size and channels.
  /// - Returns: The mean over all windows, 1 for equal images; nil where a side is less than the
  ///   window's.
  public static func structuralSimilarity(_ image: Image, _ reference: Image) -> Double? {
    check(image, reference)
    guard min(image.width, image.height) >= windowSide else { return nil }
    let sum = (0..<image.channels).reduce(0.0) { sum, channel in
      sum + similarity(Plane(image, channel), Plane(reference, channel))
    }
    return sum / Double(image.channels)
  }

  private static func similarity(_ x: Plane, _ y: Plane) -> Double {
    let c1 = (0.01 * 255) * (0.01 * 255)
    let c2 = (0.03 * 255) * (0.03 * 255)
    let (meanX, meanY) = (x.blurred, y.blurred)
    let (squareX, squareY, product) = (
      x.times(x).blurred, y.times(y).blurred, x.times(y).blurred
    )
    let sum = meanX.values.indices.reduce(0.0) { sum, index in
      let (mx, my) = (meanX.values[index], meanY.values[index])
      let varianceX = squareX.values[index] - mx * mx
      let varianceY = squareY.values[index] - my * my
      let covariance = product.values[index] - mx * my
      return sum + (2 * mx * my + c1) * (2 * covariance + c2)
        / ((mx * mx + my * my + c1) * (varianceX + varianceY + c2))
    }
    return sum / Double(meanX.values.count)
  }

  private static func check(_ image: Image, _ reference: Image) {
    precondition(
      [image.width, image.height, image.channels]
        == [reference.width, reference.height, reference.channels],
      "images of \(image.width)x\(image.height)x\(image.channels) and "
        + "\(reference.width)x\(reference.height)x\(reference.channels)")
  }
}

/// One channel in double.
private struct Plane {
  let width: Int
  let height: Int
  let values: [Double]

  init(_ image: Image, _ channel: Int) {
    width = image.width
    height = image.height
    values = stride(from: channel, to: image.pixels.count, by: image.channels).map {
      Double(image.pixels[$0])
    }
  }

  init(width: Int, height: Int, values: [Double]) {
    self.width = width
    self.height = height
    self.values = values
  }

  func times(_ other: Plane) -> Plane {
    Plane(width: width, height: height, values: zip(values, other.values).map { $0 * $1 })
  }

  /// The means under all windows that lie inside, rows first.
  var blurred: Plane {
    let weights = Self.weights
    let columns = width - weights.count + 1
    let rows = height - weights.count + 1
    var across: [Double] = []
    across.reserveCapacity(columns * height)
    for row in 0..<height {
      for column in 0..<columns {
        var sum = 0.0
        for (tap, weight) in weights.enumerated() {
          sum += weight * values[row * width + column + tap]
        }
        across.append(sum)
      }
    }
    var result: [Double] = []
    result.reserveCapacity(columns * rows)
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = 0.0
        for (tap, weight) in weights.enumerated() {
          sum += weight * across[(row + tap) * columns + column]
        }
        result.append(sum)
      }
    }
    return Plane(width: columns, height: rows, values: result)
  }

  private static let weights: [Double] = {
    let centre = Double(ImageQuality.windowSide / 2)
    let values = (0..<ImageQuality.windowSide).map { index in
      exp(-(Double(index) - centre) * (Double(index) - centre) / (2 * 1.5 * 1.5))
    }
    let sum = values.reduce(0, +)
    return values.map { $0 / sum }
  }()
}

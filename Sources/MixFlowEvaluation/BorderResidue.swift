import MixFlowImage

/// Returns the mean of `|x - black|` on the outermost ring of pixels, in [0, 1].
///
/// In data sets with a black margin it is 0, so in samples it reads the noise that the sampler
/// left behind.
public func borderResidue(of image: Image) -> Double {
  var sum = 0.0
  var count = 0
  let light = image.light
  for row in 0..<image.height {
    for column in 0..<image.width
    where row == 0 || column == 0 || row == image.height - 1 || column == image.width - 1 {
      sum += light[row * image.width + column]
      count += 1
    }
  }
  return sum / Double(count)
}

/// Returns the mean of ``borderResidue(of:)-(Image)`` over images; 0 where there are none.
public func borderResidue(of images: some Collection<Image>) -> Double {
  images.isEmpty ? 0 : images.reduce(0) { $0 + borderResidue(of: $1) } / Double(images.count)
}

extension Image {
  /// The mean of the channels of each pixel in [0, 1], `[height, width]`.
  var light: [Double] {
    let values = stride(from: 0, to: pixels.count, by: channels)
    return values.map { start in
      let sum = pixels[start..<start + channels].reduce(0) { $0 + Int($1) }
      return Double(sum) / Double(255 * channels)
    }
  }
}

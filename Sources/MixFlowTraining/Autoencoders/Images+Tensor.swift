import MixFlowImage
import MixFlowModels
import MixFlowTensor

extension Tensor {
  /// Creates a batch of pictures `[B, 3, H, W]`, bytes spread over `range`; gray ones become RGB.
  ///
  /// - Parameters:
  ///   - images: At least one; all have one size.
  ///   - range: The values of bytes 0 and 255.
  public init(_ images: [Image], range: ClosedRange<Float>) {
    precondition(!images.isEmpty, "a batch without images")
    let (width, height) = (images[0].width, images[0].height)
    let area = width * height
    let scale = (range.upperBound - range.lowerBound) / 255
    self.init(shape: [images.count, 3, height, width]) { values in
      for (sample, image) in images.enumerated() {
        precondition(
          image.width == width && image.height == height,
          "\(image.width)x\(image.height) among \(width)x\(height)")
        let pixels = image.rgb.pixels
        for index in 0..<3 * area {
          values[sample * 3 * area + index] =
            Float(pixels[index % area * 3 + index / area]) * scale + range.lowerBound
        }
      }
    }
  }
}

extension Autoencoder {
  /// The rule that turns its pictures into bytes, as the repositories that use it have it.
  public var quantization: Quantization { pixelRange.lowerBound < 0 ? .sit : .rae }

  /// Returns the pictures that remain of pictures after encoding and decoding.
  ///
  /// - Parameter images: At least one; all have one size.
  /// - Returns: One for each.
  /// - Throws: `AutoencoderError` where it does not take, or does not give, pictures of that size.
  public func reconstructions(of images: [Image]) throws(AutoencoderError) -> [Image] {
    let (width, height) = (images[0].width, images[0].height)
    _ = try latentShape(height: height, width: width)
    let decoded = decode(encode(Tensor(images, range: pixelRange)))
    guard decoded.shape[2...] == [height, width] else {
      throw AutoencoderError.fixedSize(
        [width, height], expected: [decoded.shape[3], decoded.shape[2]])
    }
    return decoded.images(quantization)
  }
}

import MixFlowImage

/// The pictures of a data set's samples.
public protocol PictureSource: Sendable {
  /// Returns the picture of a sample, gray or RGB, all of one size.
  ///
  /// - Parameters:
  ///   - index: The sample.
  ///   - flipped: Whether the sample is mirrored.
  /// - Returns: The picture, mirrored where the sample is.
  /// - Throws: `DataError` or `ImageError` that names the file.
  func picture(at index: Int, flipped: Bool) throws -> Image
}

extension ImageDataset: PictureSource {
  /// The images themselves.
  public var pictures: (any PictureSource)? { self }

  /// Returns an image.
  public func picture(at index: Int, flipped: Bool) -> Image {
    flipped ? image(at: index).mirrored : image(at: index)
  }
}

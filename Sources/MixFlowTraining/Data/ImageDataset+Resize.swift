import MixFlowImage

extension ImageDataset {
  /// Returns the data set with all images scaled down by area averages; see `AreaResize`.
  ///
  /// - Parameter size: The new width and height, no more than the old ones.
  /// - Returns: The smaller data set.
  /// - Throws: `ImageError.enlargement` where an image is smaller than that.
  public func resized(to size: Int) throws -> ImageDataset {
    guard [width, height] != [size, size] else { return self }
    let resize = try AreaResize(width: width, height: height, toWidth: size, height: size)
    return ImageDataset(
      images: (0..<count).map { resize(image(at: $0)) }, labels: labels, classNames: classNames)
  }
}

import MixFlowImage

extension ImageDataset {
  /// Returns the data set with all images scaled down by area averages; see `AreaResize`.
  ///
  /// - Parameters:
  ///   - size: The new width and height.
  ///   - name: What errors call the images, such as their file.
  /// - Returns: The smaller data set.
  /// - Throws: `DataError` where the images are not square or are smaller than that.
  public func resized(to size: Int, name: String = "the data set") throws -> ImageDataset {
    try Self.checkResize(width: width, height: height, to: size, name: name)
    let resize = try AreaResize(width: width, height: height, toWidth: size, height: size)
    return ImageDataset(
      images: (0..<count).map { resize(image(at: $0)) }, labels: labels, classNames: classNames)
  }

  /// Returns the data set with a black margin around each image.
  ///
  /// - Parameters:
  ///   - margin: The pixels to add on each side, 0 to 4096.
  ///   - name: What errors call the images, such as their folder.
  ///   - byteLimit: The most bytes of pixels that the result may have.
  /// - Returns: The data set of larger images.
  /// - Throws: `DataError` where `margin` is out of its range or the result above the limit.
  public func addingMargin(
    _ margin: Int, name: String = "the data set", byteLimit: Int = IDXFile.defaultByteLimit
  ) throws -> ImageDataset {
    guard 0...4096 ~= margin else {
      throw DataError.invalidOption(
        name: "the margin", found: margin, expected: "a number of pixels from 0 to 4096")
    }
    let newWidth = width + 2 * margin
    let newHeight = height + 2 * margin
    let bytes = [newHeight, newWidth, channels].reduce(count) { product, size in
      let (bytes, overflow) = product.multipliedReportingOverflow(by: size)
      return overflow ? Int.max : bytes
    }
    guard bytes <= byteLimit else {
      throw DataError.tooLarge(file: "\(name) with margins", bytes: bytes, limit: byteLimit)
    }
    var framed = [UInt8](repeating: 0, count: bytes)
    for row in 0..<count * height {
      let source = row * width * channels
      let newRow = row / height * newHeight + margin + row % height
      let target = (newRow * newWidth + margin) * channels
      framed[target..<target + width * channels] = pixels[source..<source + width * channels]
    }
    return ImageDataset(
      pixels: framed, channels: channels, height: newHeight, width: newWidth, labels: labels,
      classNames: classNames)
  }

  /// Throws where images of one size cannot become squares of another.
  static func checkResize(width: Int, height: Int, to size: Int, name: String) throws {
    guard size > 0 else {
      throw DataError.invalidOption(
        name: "the image size", found: size, expected: "a number of pixels above 0")
    }
    guard width == height, size <= width else {
      throw DataError.cannotResize(file: name, found: [width, height], size: size)
    }
  }
}

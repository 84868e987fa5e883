extension Image {
  /// Returns the square in the middle, scaled to a size as the official programs scale their data
  /// (ADM's `center_crop_arr`; SiT, DiT, REPA and RAE).
  ///
  /// The image is halved by box averages while its shorter side is at least twice the size, then
  /// scaled so that this side has the size, bicubically, then cut. Smaller images are enlarged.
  ///
  /// - Parameters:
  ///   - size: The new width and height, at least 1.
  ///   - name: What errors call the image, such as its file.
  /// - Returns: The square, with Pillow's bytes.
  /// - Throws: `ImageError.tooLarge` for an image so oblong that it would be scaled to more than
  ///   `Image.defaultPixelLimit` pixels.
  public func centreCropped(
    to size: Int, name: String = "the image"
  ) throws(ImageError) -> Image {
    precondition(size > 0, "a square of side \(size)")
    var image = self
    while min(image.width, image.height) >= 2 * size {
      image = image.resampled(width: image.width / 2, height: image.height / 2, filter: .box)
    }
    let scale = Double(size) / Double(min(image.width, image.height))
    func scaled(_ side: Int) -> Int {
      // Python rounds halves to even.
      max(size, Int((Double(side) * scale).rounded(.toNearestOrEven)))
    }
    let (width, height) = (scaled(image.width), scaled(image.height))
    guard width <= Image.defaultPixelLimit / height else {
      throw .tooLarge(
        file: "\(name), scaled to a side of \(size)", width: width, height: height,
        limit: Image.defaultPixelLimit)
    }
    image = image.resampled(width: width, height: height, filter: .bicubic)
    return image.cropped(
      left: (image.width - size) / 2, top: (image.height - size) / 2, width: size, height: size)
  }

  private func resampled(width: Int, height: Int, filter: FilterResize.Filter) -> Image {
    FilterResize(
      width: self.width, height: self.height, toWidth: width, height: height, filter: filter)(self)
  }

  /// Returns a part of the image.
  ///
  /// - Parameters:
  ///   - left: The first column.
  ///   - top: The first row.
  ///   - newWidth: The columns of the part.
  ///   - newHeight: The rows of the part.
  /// - Returns: The part, which lies within the image.
  public func cropped(left: Int, top: Int, width newWidth: Int, height newHeight: Int) -> Image {
    precondition(
      left >= 0 && top >= 0 && left + newWidth <= width && top + newHeight <= height,
      "\(newWidth)x\(newHeight) at \(left), \(top) of \(width)x\(height)")
    return Image(
      width: newWidth, height: newHeight, channels: channels,
      pixels: (top..<top + newHeight).flatMap { row in
        let start = (row * width + left) * channels
        return pixels[start..<start + newWidth * channels]
      })
  }

  /// The image mirrored, left to right.
  public var mirrored: Image {
    let places = pixels.indices.map { index in
      let pixel = index / channels
      return ((pixel / width + 1) * width - 1 - pixel % width) * channels + index % channels
    }
    return Image(
      width: width, height: height, channels: channels, pixels: places.map { pixels[$0] })
  }
}

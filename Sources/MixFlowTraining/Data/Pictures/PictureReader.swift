import MixFlowImage

/// Turns picture files into squares of one size, as a model sees them.
struct PictureReader: Equatable, Sendable {
  /// How a picture of another size is brought to that of the model.
  enum Scaling: Equatable, Sendable {
    /// The square in its middle, as ADM cuts it (`center_crop_arr`); any picture will do.
    case centreCrop
    /// Means of areas; the picture must be square and no smaller.
    case area
  }

  /// The width and the height of the result.
  let side: Int
  /// 1 (gray) or 3 (RGB); gray pictures become RGB, coloured ones never gray.
  let channels: Int
  /// How other sizes are treated.
  let scaling: Scaling

  /// Reads a file.
  ///
  /// - Parameter path: A PNG or JPEG file.
  /// - Returns: A picture of `side` and `channels`.
  /// - Throws: `ImageError` for a file that cannot be read, `DataError` for a picture that cannot be
  ///   brought to this size or has colours where there must be none.
  func picture(at path: String) throws -> Image {
    var image = try Image(contentsOf: path)
    guard image.channels <= channels else {
      throw DataError.invalid(
        file: path, reason: "has colours, but the other images and the model are gray",
        mend: "set model.in_channels to 3, or make the image gray")
    }
    if [image.width, image.height] != [side, side] {
      switch scaling {
      case .centreCrop:
        image = try image.centreCropped(to: side, name: path)
      case .area:
        try ImageDataset.checkResize(
          width: image.width, height: image.height, to: side, name: path)
        image = try image.resized(toWidth: side, height: side)
      }
    }
    return channels == 3 ? image.rgb : image
  }
}

extension Image {
  /// The largest number of pixels that is decoded unless the caller allows more: 64 megapixels.
  public static let defaultPixelLimit = 64 << 20

  /// Reads a PNG file.
  ///
  /// Every kind of PNG becomes 8-bit gray or RGB: palettes are looked up, 16-bit values are
  /// rounded to 8 bits, and transparent pixels are laid over black. Values are those of the sRGB
  /// colour space; a file that states another gamma is converted.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - pixelLimit: The largest number of pixels to decode; the size is checked before memory is
  ///     taken for it.
  /// - Throws: `ImageError` that names the file.
  public init(pngAt path: String, pixelLimit: Int = Image.defaultPixelLimit) throws {
    let bytes = try ImageFile.bytes(of: path)
    try self.init(pngBytes: bytes, name: path, pixelLimit: pixelLimit)
  }

  /// Decodes PNG bytes, as ``init(pngAt:pixelLimit:)`` does those of a file.
  ///
  /// - Parameters:
  ///   - bytes: The whole contents of a PNG file.
  ///   - name: What errors call these bytes.
  ///   - pixelLimit: The largest number of pixels to decode.
  /// - Throws: `ImageError` that carries `name`.
  public init(
    pngBytes bytes: [UInt8], name: String = "PNG data",
    pixelLimit: Int = Image.defaultPixelLimit
  ) throws {
    self = try PNG.decode(bytes, name: name, pixelLimit: pixelLimit)
  }

  /// Encodes the image as a PNG file; equal images give equal bytes.
  ///
  /// - Returns: The contents of a PNG file, 8-bit gray or RGB, without time stamps.
  /// - Throws: `ImageError.encoding` where libpng fails.
  public func pngBytes() throws -> [UInt8] {
    try PNG.encode(self)
  }
}

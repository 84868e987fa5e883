import Foundation

extension Image {
  /// The largest number of pixels that is decoded unless the caller allows more: 64 megapixels.
  public static let defaultPixelLimit = 64 << 20

  /// The largest PNG file that is read, in bytes: 1 GiB.
  private static let fileLimit = 1 << 30

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
    // A pipe or a device would be read without end.
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw ImageError.unreadable(file: path, reason: "a folder; name PNG files")
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw ImageError.unreadable(file: path, reason: "not a readable file")
      }
      guard status.st_size <= Self.fileLimit else {
        throw ImageError.unreadable(
          file: path, reason: "\(status.st_size) bytes, the limit is \(Self.fileLimit)")
      }
    }
    let bytes: [UInt8]
    do {
      bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw ImageError.unreadable(
        file: path, reason: exists ? "not a readable file" : "no such file")
    }
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

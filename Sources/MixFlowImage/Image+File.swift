extension Image {
  /// The size and the colours of a picture, as its file's header says them.
  public struct Header: Equatable, Sendable {
    /// The kind of file.
    public let format: ImageFormat
    /// The number of columns.
    public let width: Int
    /// The number of rows.
    public let height: Int
    /// The values of a decoded pixel: 1 (gray) or 3 (RGB).
    public let channels: Int

    /// Creates a header from its parts.
    public init(format: ImageFormat, width: Int, height: Int, channels: Int) {
      self.format = format
      self.width = width
      self.height = height
      self.channels = channels
    }
  }

  /// Reads a PNG or JPEG file; the first bytes tell which, not the name.
  ///
  /// PNG files are read as ``init(pngAt:pixelLimit:)`` does. JPEG files of all sampling factors become
  /// what Pillow's `convert("RGB")` gives, but that gray ones stay gray: four inks are taken to be
  /// inverted, as Adobe's programs store them. The orientation that EXIF data ask for and colour
  /// profiles are ignored, as the official training programs ignore them.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - pixelLimit: The largest number of pixels to decode; the size is checked before memory is
  ///     taken for it.
  /// - Throws: `ImageError` that names the file: for one that is truncated or damaged too.
  public init(contentsOf path: String, pixelLimit: Int = Image.defaultPixelLimit) throws {
    try self.init(bytes: try ImageFile.bytes(of: path), name: path, pixelLimit: pixelLimit)
  }

  /// Decodes the bytes of a PNG or JPEG file, as ``init(contentsOf:pixelLimit:)`` does.
  ///
  /// - Parameters:
  ///   - bytes: The whole contents of a file.
  ///   - name: What errors call these bytes.
  ///   - pixelLimit: The largest number of pixels to decode.
  /// - Throws: `ImageError` that carries `name`.
  public init(
    bytes: [UInt8], name: String = "image data", pixelLimit: Int = Image.defaultPixelLimit
  ) throws {
    switch ImageFormat(firstBytes: bytes) {
    case .png: self = try PNG.decode(bytes, name: name, pixelLimit: pixelLimit)
    case .jpeg: self = try JPEG.decode(bytes, name: name, pixelLimit: pixelLimit)
    case nil: throw ImageError.unknownFormat(file: name)
    }
  }

  /// Reads the size of a PNG or JPEG file without decoding it.
  ///
  /// - Parameter path: The file, of which as much is read as the header takes.
  /// - Returns: What the header says; whether the pixels can be decoded it does not tell.
  /// - Throws: `ImageError` that names the file.
  public static func header(ofFileAt path: String) throws -> Header {
    let start = try ImageFile.bytes(of: path, upTo: 1 << 16)
    do {
      return try header(of: start, name: path)
    } catch {
      // Colour profiles and thumbnails may come first.
      let bytes = try ImageFile.bytes(of: path)
      guard bytes.count > start.count else { throw error }
      return try header(of: bytes, name: path)
    }
  }

  private static func header(of bytes: [UInt8], name: String) throws -> Header {
    switch ImageFormat(firstBytes: bytes) {
    case .png:
      return try PNG.header(of: bytes, name: name)
    case .jpeg:
      let header = try JPEG.header(of: bytes, name: name)
      return Header(
        format: .jpeg, width: Int(header.width), height: Int(header.height),
        channels: header.channels == 1 ? 1 : 3)
    case nil: throw ImageError.unknownFormat(file: name)
    }
  }
}

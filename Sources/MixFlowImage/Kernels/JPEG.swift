import CJPEG

/// The door to libjpeg-turbo, whose jumps out of its calls end in the C file behind it.
enum JPEG {
  /// Reads width and height from the first bytes of a JPEG file.
  static func header(of bytes: [UInt8], name: String) throws(ImageError) -> mixflow_jpeg_header {
    var header = mixflow_jpeg_header()
    let fault = reason { mixflow_jpeg_read_header(bytes, bytes.count, &header, $0) }
    if let fault { throw .invalidJPEG(file: name, reason: fault) }
    return header
  }

  /// Decodes JPEG bytes into 8-bit gray or RGB.
  static func decode(_ bytes: [UInt8], name: String, pixelLimit: Int) throws -> Image {
    var header = try header(of: bytes, name: name)
    let (width, height, channels) = (
      Int(header.width), Int(header.height), Int(header.channels)
    )
    // Both are below 2^16, so the product fits.
    guard width * height <= pixelLimit else {
      throw ImageError.tooLarge(file: name, width: width, height: height, limit: pixelLimit)
    }
    let decoded = try [UInt8](unsafeUninitializedCapacity: width * height * channels) {
      buffer, count in
      // The C side writes height rows of width * channels bytes and compares these numbers first.
      let fault = reason {
        mixflow_jpeg_decode(bytes, bytes.count, &header, buffer.baseAddress, $0)
      }
      if let fault { throw ImageError.invalidJPEG(file: name, reason: fault) }
      count = width * height * channels
    }
    return Image(
      width: width, height: height, channels: channels == 4 ? 3 : channels,
      pixels: channels == 4 ? rgb(ofInks: decoded) : decoded)
  }

  /// Turns four inks, stored inverted as Adobe's programs do, into RGB with Pillow's arithmetic.
  private static func rgb(ofInks inks: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: inks.count / 4 * 3) { buffer, count in
      count = inks.count / 4 * 3
      for index in 0..<count {
        let pixel = index / 3 * 4
        let light = Int(inks[pixel + 3])
        let product = (255 - Int(inks[pixel + index % 3])) * light + 128
        buffer[index] = UInt8(max(0, light - ((product >> 8) + product) >> 8))
      }
    }
  }

  /// Calls a function of the C side and returns why it failed, or nil.
  private static func reason(_ call: (UnsafeMutablePointer<CChar>) -> CInt) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(MIXFLOW_JPEG_REASON_SIZE)) {
      // The C side ends the text with a zero within these bytes.
      guard let start = $0.baseAddress, call(start) == 0 else { return nil }
      return String(cString: start)
    }
  }
}

import CPNG

/// The door to libpng's simplified interface, which never jumps out of its calls.
enum PNG {
  /// Decodes PNG bytes into 8-bit gray or RGB.
  static func decode(_ bytes: [UInt8], name: String, pixelLimit: Int) throws -> Image {
    var header = png_image()
    header.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&header) }
    // libpng reads `bytes` until `png_image_finish_read`, inside this closure alone.
    return try bytes.withUnsafeBytes { input in
      guard png_image_begin_read_from_memory(&header, input.baseAddress, input.count) != 0 else {
        throw ImageError.invalid(file: name, reason: header.text)
      }
      let width = Int(header.width)
      let height = Int(header.height)
      // Both are below 2^31, so the product fits.
      guard width * height <= pixelLimit else {
        throw ImageError.tooLarge(file: name, width: width, height: height, limit: pixelLimit)
      }
      let hasAlpha = header.format & png_uint_32(PNG_FORMAT_FLAG_ALPHA) != 0
      let isColour = header.format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0
      header.format = png_uint_32(
        (hasAlpha ? PNG_FORMAT_FLAG_ALPHA : 0) | (isColour ? PNG_FORMAT_FLAG_COLOR : 0))
      // Without this, 16-bit values would be taken for linear light and brightened.
      header.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
      let channels = isColour ? 3 : 1
      let stride = channels + (hasAlpha ? 1 : 0)
      let decoded = try [UInt8](unsafeUninitializedCapacity: width * height * stride) {
        buffer, count in
        // The buffer holds height rows of width * stride bytes, which is what a row stride of 0
        // asks for; libpng writes no more than that.
        guard png_image_finish_read(&header, nil, buffer.baseAddress, 0, nil) != 0 else {
          throw ImageError.invalid(file: name, reason: header.text)
        }
        count = width * height * stride
      }
      return Image(
        width: width, height: height, channels: channels,
        pixels: hasAlpha ? overBlack(decoded, channels: channels) : decoded)
    }
  }

  /// Reads what the first bytes of a PNG file say.
  static func header(of bytes: [UInt8], name: String) throws(ImageError) -> Image.Header {
    var header = png_image()
    header.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&header) }
    let isRead = bytes.withUnsafeBytes {
      png_image_begin_read_from_memory(&header, $0.baseAddress, $0.count) != 0
    }
    guard isRead else { throw .invalid(file: name, reason: header.text) }
    return Image.Header(
      format: .png, width: Int(header.width), height: Int(header.height),
      channels: header.format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0 ? 3 : 1)
  }

  /// Multiplies each pixel by its own alpha, the last of its values, and drops the alpha.
  private static func overBlack(_ pixels: [UInt8], channels: Int) -> [UInt8] {
    let stride = channels + 1
    return [UInt8](unsafeUninitializedCapacity: pixels.count / stride * channels) {
      buffer, count in
      count = pixels.count / stride * channels
      for index in 0..<count {
        let pixel = index / channels * stride
        let value = Int(pixels[pixel + index % channels]) * Int(pixels[pixel + channels])
        buffer[index] = UInt8((value + 127) / 255)
      }
    }
  }

  /// Encodes an image as 8-bit gray or RGB.
  static func encode(_ image: Image) throws -> [UInt8] {
    var header = png_image()
    header.version = png_uint_32(PNG_IMAGE_VERSION)
    header.width = png_uint_32(image.width)
    header.height = png_uint_32(image.height)
    header.format = image.channels == 3 ? png_uint_32(PNG_FORMAT_FLAG_COLOR) : 0
    defer { png_image_free(&header) }
    // Room for pixels that do not compress at all: a filter byte per row, 12 bytes around each
    // IDAT chunk of 8 KiB, zlib's own overhead, and the other chunks.
    let raw = image.pixels.count + image.height
    let room = raw + raw / 256 + 4096
    return try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      var size = png_alloc_size_t(room)
      // libpng writes no more than `size` bytes and reads as many pixels as `Image` holds.
      guard
        png_image_write_to_memory(
          &header, buffer.baseAddress, &size, 0, image.pixels, 0, nil) != 0
      else { throw ImageError.encoding(reason: header.text) }
      count = Int(size)
    }
  }
}

extension png_image {
  /// The text that libpng left, such as why it failed.
  fileprivate var text: String {
    // `message` is an array of chars inside the struct and ends with a zero.
    withUnsafeBytes(of: message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

import CZlib
import Foundation

/// A file that is read from its start, gzip-compressed or plain; zlib tells them apart.
final class GZipReader {
  private let path: String
  private let file: gzFile
  /// The bytes of the file as it is stored.
  let fileSize: Int

  /// Opens a file.
  init(path: String) throws {
    // A pipe that nobody writes to would be waited for.
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw DataError.unreadable(file: path, reason: "not a regular file")
    }
    fileSize = Int(status.st_size)
    guard let file = gzopen(path, "rb") else {
      throw DataError.unreadable(file: path, reason: "no such file, or no permission")
    }
    self.path = path
    self.file = file
  }

  deinit { gzclose(file) }

  /// Reads up to `count` bytes; fewer only where the file ends.
  ///
  /// The checksum of a gzip file is compared when its end is reached, so read beyond the last
  /// expected byte to have it checked.
  func read(_ count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let wanted = UInt32(min(count - filled, 1 << 30))
        // The buffer has room for `count` bytes, of which `filled` are taken.
        let got = gzread(file, buffer.baseAddress.map { $0 + filled }, wanted)
        // Where a compressed stream breaks off, zlib gives what it has, then nothing and an error.
        guard got > 0 else {
          if let error { throw error }
          return
        }
        filled += Int(got)
      }
    }
  }

  /// What went wrong, or nil where nothing did.
  private var error: DataError? {
    var code = Z_OK
    // zlib's text lives as long as the open file; it starts with the path.
    let text = gzerror(file, &code).map { String(cString: $0) } ?? ""
    let reason = text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
    return switch code {
    case Z_OK, Z_STREAM_END: nil
    case Z_ERRNO: .unreadable(file: path, reason: reason)
    default:
      .invalid(
        file: path, reason: "damaged gzip data (\(reason))", mend: "fetch or write the file again")
    }
  }
}

/// Returns `bytes` as the contents of a gzip file; equal bytes give equal contents.
///
/// The header holds no time and no name.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  // 15 window bits, plus 16 for a gzip header instead of zlib's own; the settings are constants
  // that zlib accepts, so this fails for lack of memory alone, as any allocation here would trap.
  let status = deflateInit2_(
    &stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  precondition(status == Z_OK, "zlib could not start: status \(status)")
  defer { deflateEnd(&stream) }
  var compressed: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  var input = bytes[...]
  var finished = false
  while !finished {
    let part = input.prefix(1 << 30)
    input = input.dropFirst(part.count)
    let flush = input.isEmpty ? Z_FINISH : Z_NO_FLUSH
    part.withUnsafeBufferPointer { source in
      // zlib reads these bytes, never writes them, and only until the closure ends.
      stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      stream.avail_in = UInt32(source.count)
      repeat {
        chunk.withUnsafeMutableBufferPointer { target in
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          finished = deflate(&stream, flush) == Z_STREAM_END
        }
        compressed += chunk.prefix(chunk.count - Int(stream.avail_out))
      } while stream.avail_out == 0
    }
  }
  return compressed
}

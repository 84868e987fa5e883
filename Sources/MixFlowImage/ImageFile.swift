import Foundation

/// The bytes of picture files.
package enum ImageFile {
  /// The largest file that is read, in bytes: 1 GiB.
  package static let byteLimit = 1 << 30

  /// Reads a file, or its beginning.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - count: The most bytes to read.
  /// - Returns: The bytes.
  /// - Throws: `ImageError.unreadable` for what is no file, has no permission or is too large.
  package static func bytes(
    of path: String, upTo count: Int = byteLimit
  ) throws(ImageError) -> [UInt8] {
    // A pipe or a device would be read without end.
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .unreadable(
        file: path, reason: errno == EACCES ? "not a readable file" : "no such file")
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw .unreadable(file: path, reason: "a folder; name PNG or JPEG files")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(file: path, reason: "not a readable file")
    }
    guard status.st_size <= byteLimit else {
      throw .unreadable(file: path, reason: "\(status.st_size) bytes, the limit is \(byteLimit)")
    }
    guard let file = fopen(path, "rb") else {
      throw .unreadable(file: path, reason: "not a readable file")
    }
    defer { fclose(file) }
    let wanted = min(count, Int(status.st_size))
    return [UInt8](unsafeUninitializedCapacity: wanted) { buffer, read in
      // A file that is cut meanwhile gives fewer bytes, which its decoder notices.
      read = wanted == 0 ? 0 : fread(buffer.baseAddress, 1, wanted, file)
    }
  }
}

/// The kinds of picture files that are read.
public enum ImageFormat: String, CaseIterable, Sendable {
  /// Portable Network Graphics.
  case png
  /// The baseline, extended and progressive kinds of JPEG.
  case jpeg

  /// The endings of file names of all kinds, in lower case.
  public static let endings = ["png", "jpg", "jpeg"]

  /// Tells the kind by the first bytes; nil for others.
  public init?(firstBytes bytes: some Collection<UInt8>) {
    if bytes.starts(with: [0xFF, 0xD8]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      self = .png
    } else {
      return nil
    }
  }
}

/// The format of a file of NumPy arrays, told by its content.
public enum NumPyFormat: Sendable {
  /// One array, `.npy`.
  case array
  /// A zip archive of arrays, `.npz`.
  case archive

  /// Tells the format of the file at `path`; nil where it is neither.
  ///
  /// - Parameter path: A file.
  /// - Throws: ``CheckpointError/unreadable(file:reason:)``.
  public init?(of path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    // The bytes are there as long as the file is mapped.
    defer { withExtendedLifetime(file) {} }
    let bytes = file.bytes
    if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
      self = .array
    } else if bytes.integer(UInt32.self, at: 0) == ZipFormat.local,
      let count = bytes.integer(UInt16.self, at: 26),
      let name = bytes.slice(at: ZipFormat.localSize, count: Int(count)),
      name.suffix(4).elementsEqual(".npy".utf8)
    {
      self = .archive
    } else {
      return nil
    }
  }
}

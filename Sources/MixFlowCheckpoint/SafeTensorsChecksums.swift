/// What tells whether a safetensors file still has the bytes that were written: the CRC-32C of its
/// header and of each tensor.
public struct SafeTensorsChecksums: Codable, Equatable, Sendable {
  /// That of the bytes before the first element, in eight hexadecimal digits.
  public internal(set) var header: String
  /// Those of the tensors' bytes, by name.
  public internal(set) var tensors: [String: String]
}

extension SafeTensorsFile {
  /// Reads the whole file and compares it with what was written.
  ///
  /// - Parameter checksums: What the writer counted.
  /// - Throws: ``CheckpointError/damaged(part:file:)`` for the first part that differs.
  public func verify(_ checksums: SafeTensorsChecksums) throws(CheckpointError) {
    guard try checksumOfHeader() == checksums.header else {
      throw CheckpointError.damaged(part: "the header", file: path)
    }
    for name in names {
      let found = try mapped(name)?.checksum()
      guard found != nil, found == checksums.tensors[name] else {
        throw CheckpointError.damaged(part: "'\(name)'", file: path)
      }
    }
    guard checksums.tensors.count == names.count else {
      throw CheckpointError.damaged(part: "the list of tensors", file: path)
    }
  }
}

extension MappedTensor {
  /// The CRC-32C of the bytes in the file; their pages are given back.
  fileprivate func checksum() throws(CheckpointError) -> String {
    try file.checkSize()
    defer { file.releasePages(of: info.range) }
    return Checksum.text(of: UnsafeRawBufferPointer(rebasing: file.bytes[info.range]))
  }
}

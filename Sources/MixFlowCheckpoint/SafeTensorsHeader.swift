/// The validated header of a safetensors file.
///
/// The rules are those of the reference reader: tensors in offset order cover the data without
/// hole or overlap, each spans exactly its shape times its element size, and the last one ends
/// where the file ends.
struct SafeTensorsHeader: Sendable {
  /// The largest header accepted, in bytes.
  static let limit = 100_000_000

  let metadata: [String: String]
  /// The names in offset order.
  let names: [String]
  let tensors: [String: TensorInfo]

  /// Parses and validates the header of a whole `file`.
  init(of file: UnsafeRawBufferPointer) throws(SafeTensorsFault) {
    guard file.count >= 8 else { throw SafeTensorsFault.tooShort(bytes: file.count) }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Self.limit), length <= UInt64(file.count - 8) else {
      throw SafeTensorsFault.headerLength(length, fileSize: file.count)
    }
    let start = 8 + Int(length)
    let header = try Self.decode(UnsafeRawBufferPointer(rebasing: file[8..<start]))
    metadata = header.metadata

    var tensors: [(name: String, info: TensorInfo)] = []
    tensors.reserveCapacity(header.entries.count)
    for (name, entry) in header.entries {
      tensors.append((name, try TensorInfo(entry, name: name, dataStart: start)))
    }
    tensors.sort {
      ($0.info.range.lowerBound, $0.info.range.upperBound, $0.name)
        < ($1.info.range.lowerBound, $1.info.range.upperBound, $1.name)
    }
    var end = start
    for (name, info) in tensors {
      guard info.range.lowerBound == end else {
        throw SafeTensorsFault.gap(
          key: name, begin: info.range.lowerBound - start, expected: end - start)
      }
      end = info.range.upperBound
    }
    guard end == file.count else {
      throw SafeTensorsFault.dataSize(expected: end - start, found: file.count - start)
    }
    names = tensors.map(\.name)
    var places: [String: TensorInfo] = [:]
    places.reserveCapacity(tensors.count)
    for (name, info) in tensors {
      // Only empty tensors reach this, as others would overlap or leave a hole.
      guard places.updateValue(info, forKey: name) == nil else {
        throw SafeTensorsFault.json(path: name, reason: "given twice")
      }
    }
    self.tensors = places
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer
  ) throws(SafeTensorsFault) -> HeaderJSON {
    // The brace is required by the format, and with it no other encoding than UTF-8 is guessed.
    guard bytes.first == UInt8(ascii: "{"), !bytes.contains(0),
      String(validating: bytes, as: UTF8.self) != nil
    else { throw SafeTensorsFault.notText }
    return try HeaderJSON(bytes)
  }
}

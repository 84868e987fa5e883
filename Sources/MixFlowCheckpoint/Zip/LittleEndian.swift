extension UnsafeRawBufferPointer {
  /// Reads a little-endian integer at `offset`, or returns nil where the bytes end before it does.
  func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self, at offset: Int
  ) -> Value? {
    guard let bytes = slice(at: offset, count: MemoryLayout<Value>.size) else { return nil }
    return Value(littleEndian: bytes.loadUnaligned(as: Value.self))
  }

  /// Returns `count` bytes from `offset`, or nil where they are not all there.
  func slice(at offset: Int, count: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      return nil
    }
    return UnsafeRawBufferPointer(rebasing: self[offset..<offset + count])
  }

  /// The bytes as UTF-8 text, or nil where they are not.
  var text: String? { String(validating: self, as: UTF8.self) }
}

extension Array where Element == UInt8 {
  /// Appends a little-endian integer.
  mutating func append(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}

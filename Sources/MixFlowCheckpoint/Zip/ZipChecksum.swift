import CZlib

/// The CRC-32 of bytes that arrive in pieces.
struct ZipChecksum {
  private(set) var value: UInt32 = 0

  /// Takes the bytes that follow.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    let pointer = base.assumingMemoryBound(to: UInt8.self)
    value = UInt32(truncatingIfNeeded: crc32_z(uLong(value), pointer, bytes.count))
  }
}

import CChecksums

/// A running CRC-32C, which finds the flipped bits of disks and memory but withstands no attacker.
///
/// RFC 3720, appendix B.4; processors have an instruction for it, so that it costs a small part of the
/// time of writing.
struct Checksum: Equatable {
  private(set) var value: UInt32 = 0

  /// Adds bytes.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    value = mixflow_crc32c(value, bytes.baseAddress, bytes.count)
  }

  /// The checksum of bytes, in eight hexadecimal digits.
  static func text(of bytes: UnsafeRawBufferPointer) -> String {
    var checksum = Checksum()
    checksum.add(bytes)
    return checksum.text
  }

  /// Eight hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

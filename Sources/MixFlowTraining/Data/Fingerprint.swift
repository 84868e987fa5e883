/// A running 64-bit FNV-1a hash, which tells data sets apart but withstands no attacker.
///
/// Fowler, Noll and Vo's constants; the same on every machine and in every version.
struct Fingerprint {
  /// The hash of what was added so far.
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Adds bytes.
  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
  }

  /// Adds the bits of numbers, 32 at once.
  mutating func add(words: UnsafeBufferPointer<Float>) {
    for word in words {
      value = (value ^ UInt64(word.bitPattern)) &* 0x0000_0100_0000_01b3
    }
  }

  /// The hash in sixteen hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Adds a number as eight bytes, the lowest first.
  mutating func add(_ number: Int) {
    for shift in stride(from: 0, to: 64, by: 8) {
      add(CollectionOfOne(UInt8(truncatingIfNeeded: number >> shift)))
    }
  }

  /// Adds a text and its length.
  mutating func add(_ text: String) {
    add(text.utf8.count)
    add(text.utf8)
  }
}

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

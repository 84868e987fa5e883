/// The counter-based generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", 2011).
///
/// A seed and a stream name a sequence; nothing is shared between sequences, so that sample 17 of
/// seed 3 has the same noise whatever thread, batch or machine draws it.
public struct Philox: RandomNumberGenerator, Sendable, Equatable {
  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var block = SIMD4<UInt32>()
  private var used = 4

  /// Starts a sequence.
  ///
  /// - Parameters:
  ///   - seed: The key.
  ///   - stream: The upper half of the counter; different streams never meet.
  public init(seed: UInt64, stream: UInt64 = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(
      0, 0, UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
  }

  /// Returns the next 64 bits.
  public mutating func next() -> UInt64 {
    let low = nextWord()
    return UInt64(nextWord()) << 32 | UInt64(low)
  }

  /// Returns the next 32 bits.
  public mutating func nextWord() -> UInt32 {
    if used == 4 {
      block = Self.block(counter: counter, key: key)
      counter.x &+= 1
      if counter.x == 0 { counter.y &+= 1 }
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// The bijection of the paper: ten rounds over one counter.
  package static func block(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>
  ) -> SIMD4<UInt32> {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let first = UInt64(c.x) * 0xD251_1F53
      let second = UInt64(c.z) * 0xCD9E_8D57
      c = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: first))
      k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return c
  }
}

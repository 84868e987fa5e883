/// The SplitMix64 generator (Steele, Lea and Flood, 2014) with a choice of streams.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  /// Starts the stream of one seed; other streams of it start elsewhere.
  init(seed: UInt64, stream: UInt64) {
    var streams = SplitMix64(state: stream)
    state = seed ^ streams.next()
  }

  private init(state: UInt64) { self.state = state }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

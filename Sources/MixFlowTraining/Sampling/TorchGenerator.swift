/// PyTorch's random numbers on a CPU: the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998) and
/// what `torch.randint` and `torch.randperm` make of it.
///
/// It is here to repeat what upstream's seeds choose; for anything else there is `Philox`.
public struct TorchGenerator: Sendable {
  private static let size = 624
  private static let distance = 397

  private var state: [UInt32]
  private var place = Self.size

  /// Starts from `torch.manual_seed(seed)`, of which the lower 32 bits count.
  public init(seed: UInt64) {
    state = [UInt32(truncatingIfNeeded: seed)]
    state.reserveCapacity(Self.size)
    for index in 1..<Self.size {
      let last = state[index - 1]
      state.append(1_812_433_253 &* (last ^ last >> 30) &+ UInt32(index))
    }
  }

  /// Draws 32 bits.
  public mutating func next() -> UInt32 {
    if place == Self.size { twist() }
    var bits = state[place]
    place += 1
    bits ^= bits >> 11
    bits ^= bits << 7 & 0x9D2C_5680
    bits ^= bits << 15 & 0xEFC6_0000
    return bits ^ bits >> 18
  }

  /// Draws a number as `torch.randint(bound, ())` does.
  ///
  /// - Parameter bound: One more than the largest number; above 0 and below 2³².
  /// - Returns: A number in `0..<bound`.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0 && bound < 1 << 32, "numbers below \(bound) of 32 bits")
    return Int(next()) % bound
  }

  /// Draws an order as `torch.randperm(count)` does.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in order.indices.dropLast() {
      order.swapAt(index, index + integer(below: count - index))
    }
    return order
  }

  /// Makes the next numbers of the state.
  private mutating func twist() {
    for index in 0..<Self.size {
      let bits =
        state[index] & 0x8000_0000 | state[(index + 1) % Self.size] & 0x7FFF_FFFF
      let mask: UInt32 = bits & 1 == 0 ? 0 : 0x9908_B0DF
      state[index] = state[(index + Self.distance) % Self.size] ^ bits >> 1 ^ mask
    }
    place = 0
  }
}

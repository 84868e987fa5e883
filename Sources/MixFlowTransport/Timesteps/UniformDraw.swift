extension RandomNumberGenerator {
  /// Draws a number uniform on `[0, 1)`: the top 53 bits of one `next()`, divided by 2⁵³.
  ///
  /// `Double.random(in:using:)` does not promise the same bits in the next release of Swift; this
  /// does, so that a seed means the same run for good.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }
}

import MixFlowImage
import Testing

/// The order of directions, which rounding to bytes between them makes visible.
@Suite struct FilterResizeTests {
  /// Compares with bytes of Pillow 13 where the two orders differ.
  ///
  /// The filter is `BICUBIC`. The number of lost rows is twice that of lost columns in the first
  /// case, and just above it in the others.
  @Test(arguments: [
    (width: 30, height: 60, row: [98, 153, 151, 167, 135, 138], columns: [1, 9, 15, 17, 19, 20]),
    (width: 31, height: 60, row: [94, 156, 126, 158, 131, 140], columns: [1, 9, 13, 16, 18, 20]),
    (width: 30, height: 59, row: [101, 28, 147, 104, 167, 134], columns: [2, 5, 8, 14, 17, 19]),
  ])
  func takesDirectionsInPillowsOrder(width: Int, height: Int, row: [Int], columns: [Int]) {
    let pixels = (0..<3200).map { index -> UInt8 in
      let (y, x) = index.quotientAndRemainder(dividingBy: 40)
      return UInt8(truncatingIfNeeded: x * x * 37 + y * y * 11 + x * y * 5)
    }
    let resize = FilterResize(
      width: 40, height: 80, toWidth: width, height: height, filter: .bicubic)
    let resized = resize(Image(width: 40, height: 80, channels: 1, pixels: pixels))
    #expect(columns.map { Int(resized.pixels[$0]) } == row)
  }
}

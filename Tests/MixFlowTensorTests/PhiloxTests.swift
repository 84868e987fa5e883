import MixFlowTensor
import MixFlowTestSupport
import Testing

@Suite struct PhiloxTests {
  /// Known answers of Philox4x32-10, from the vectors that the Random123 library publishes.
  static let knownAnswers: [(SIMD4<UInt32>, SIMD2<UInt32>, SIMD4<UInt32>)] = [
    (SIMD4(), SIMD2(), SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
    (
      SIMD4(repeating: .max), SIMD2(repeating: .max),
      SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      SIMD2(0xa409_3822, 0x299f_31d0),
      SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ]

  @Test(arguments: knownAnswers)
  func matches(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, answer: SIMD4<UInt32>) {
    #expect(Philox.block(counter: counter, key: key) == answer)
  }

  @Test func wordsComeBlockByBlock() {
    var generator = Philox(seed: 0)
    let words = (0..<8).map { _ in generator.nextWord() }
    let second = Philox.block(counter: SIMD4(1, 0, 0, 0), key: SIMD2())
    #expect(
      words == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8] + (0..<4).map { second[$0] })
    var pairs = Philox(seed: 0)
    #expect(pairs.next() == 0xe169_c58d_6627_e8d5)
  }

  @Test func seedAndStreamBothMatter() {
    var generators = [
      Philox(seed: 1), Philox(seed: 2), Philox(seed: 1, stream: 1), Philox(seed: 1 << 32),
      Philox(seed: 1, stream: 1 << 32),
    ]
    let first = generators.indices.map { generators[$0].next() }
    #expect(Set(first).count == generators.count)
    var again = Philox(seed: 1)
    #expect(again.next() == first[0])
  }

  @Test func uniformNumbersFillTheInterval() {
    var generator = Philox(seed: 7)
    let count = 100_000
    let numbers = (0..<count).map { _ in Double(generator.nextUniform()) }
    #expect(numbers.allSatisfy { 0 <= $0 && $0 < 1 })
    let mean = numbers.reduce(0, +) / Double(count)
    let square = numbers.reduce(0) { $0 + $1 * $1 } / Double(count)
    // Five standard deviations of the estimates.
    expectClose(mean, 0.5, absolute: 5 * 0.289 / Double(count).squareRoot(), "mean")
    expectClose(square, 1.0 / 3, absolute: 5 * 0.298 / Double(count).squareRoot(), "square")
  }

  @Test func normalNumbersHaveNormalMoments() {
    var generator = Philox(seed: 8)
    let numbers = Tensor(normal: [100_001], using: &generator).array.map(Double.init)
    let count = Double(numbers.count)
    func moment(_ power: Int) -> Double {
      numbers.reduce(0) { sum, x in sum + (1...power).reduce(1) { product, _ in product * x } }
        / count
    }
    let root = count.squareRoot()
    expectClose(moment(1), 0, absolute: 5 / root, "mean")
    expectClose(moment(2), 1, absolute: 5 * 1.42 / root, "variance")
    expectClose(moment(3), 0, absolute: 5 * 3.88 / root, "third moment")
    expectClose(moment(4), 3, absolute: 5 * 9.8 / root, "fourth moment")
    let product = zip(numbers, numbers.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / count
    expectClose(product, 0, absolute: 5 / root, "neighbours")
  }

  @Test func uniformTensorsStayInsideTheirBound() {
    var generator = Philox(seed: 9)
    let numbers = Tensor(uniform: [10_000], bound: 0.25, using: &generator).array
    #expect(numbers.allSatisfy { -0.25 <= $0 && $0 < 0.25 })
    #expect(numbers.contains { $0 < -0.24 } && numbers.contains { $0 > 0.24 })
  }
}

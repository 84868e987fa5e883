import MixFlowImage
import MixFlowTraining
import Testing

@Suite struct ImageDatasetTests {
  /// Three RGB images of 2 x 2 pixels.
  static let dataset = ImageDataset(
    pixels: Array(0..<36), channels: 3, height: 2, width: 2, labels: [0, 1, 0],
    classNames: ["cat", "dog"])

  @Test func writesPlanesInMinusOneToOne() throws {
    let values = try Self.dataset.normalised(1)
    let bytes = [12, 15, 18, 21, 13, 16, 19, 22, 14, 17, 20, 23]
    #expect(values == bytes.map { Float($0) / 127.5 - 1 })
    let extremes = ImageDataset(
      pixels: [0, 255], channels: 1, height: 1, width: 2, labels: [0], classNames: ["a"])
    #expect(try extremes.normalised(0) == [-1, 1])
    #expect(try extremes.normalised(0, flipped: true) == [1, -1])
  }

  @Test func mirrorsEachRow() throws {
    let values = try Self.dataset.normalised(0, flipped: true)
    #expect(values.prefix(4) == [3, 0, 9, 6].map { Float($0) / 127.5 - 1 }[...])
  }

  @Test func returnsImagesAndLabels() {
    #expect(
      Self.dataset.image(at: 2)
        == Image(width: 2, height: 2, channels: 3, pixels: Array(24..<36)))
    #expect(Self.dataset.label(at: 1) == 1)
    #expect(Self.dataset.classCount == 2 && Self.dataset.sampleCount == 12)
  }

  /// Known values keep the hash from changing between versions, which would refuse resumed runs.
  @Test func hasAStableFingerprint() {
    #expect(Self.dataset.fingerprint == FNV.hash(of: Self.dataset))
  }

  @Test func changesItsFingerprintWithEachPart() {
    func variant(
      pixel: UInt8 = 1, height: Int = 1, labels: [Int] = [0, 1], names: [String] = ["a", "b"]
    ) -> UInt64 {
      ImageDataset(
        pixels: [0, pixel, 2, 3], channels: 1, height: height, width: 2 / height, labels: labels,
        classNames: names
      ).fingerprint
    }
    let prints = [
      variant(), variant(pixel: 9), variant(height: 2), variant(labels: [1, 0]),
      variant(names: ["a", "c"]), variant(names: ["ab", ""]),
    ]
    #expect(Set(prints).count == prints.count)
    #expect(variant() == variant())
  }

  @Test func drawsEquallyManyOfEachClass() throws {
    let labels = (0..<90).map { $0 % 7 % 3 }
    let all = ImageDataset(
      pixels: Array(0..<90), channels: 1, height: 1, width: 1, labels: labels,
      classNames: ["a", "b", "c"])
    let subset = try all.balancedSubset(perClass: 10, seed: 5)
    #expect((0..<3).map { label in subset.labels.count { $0 == label } } == [10, 10, 10])
    #expect(subset.pixels == subset.pixels.sorted() && Set(subset.pixels).count == 30)
    #expect(subset.labels == subset.pixels.map { labels[Int($0)] })
    #expect(try all.balancedSubset(perClass: 10, seed: 5) == subset)
    #expect(try all.balancedSubset(perClass: 10, seed: 6) != subset)
  }

  @Test func namesTheClassThatIsTooSmall() {
    #expect(throws: DataError.tooFew(className: "dog", found: 1, wanted: 2)) {
      try Self.dataset.balancedSubset(perClass: 2, seed: 0)
    }
    #expect(throws: DataError.self) { try Self.dataset.balancedSubset(perClass: 0, seed: 0) }
  }

  @Test func addsABlackMargin() throws {
    let framed = try ImageDataset(
      pixels: [1, 2, 3, 4], channels: 1, height: 1, width: 2, labels: [0, 0], classNames: ["a"]
    ).addingMargin(1)
    #expect([framed.height, framed.width] == [3, 4])
    #expect(framed.image(at: 1).pixels == [0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0])
    #expect(throws: DataError.self) { try framed.addingMargin(-1) }
  }

  @Test func limitsTheMemoryOfMargins() throws {
    #expect(throws: DataError.tooLarge(file: "cats with margins", bytes: 324, limit: 323)) {
      try Self.dataset.addingMargin(2, name: "cats", byteLimit: 323)
    }
    #expect(try Self.dataset.addingMargin(2, byteLimit: 324).pixels.count == 324)
    // 1,000 images of 8,194 x 8,194 pixels are 67 GB.
    let many = Self.dataset.selecting(Array(repeating: 0, count: 1000))
    #expect(throws: DataError.self) { try many.addingMargin(4096) }
  }

  @Test func scalesSquaresDownOnly() throws {
    #expect(try Self.dataset.resized(to: 1).pixels.prefix(3) == [5, 6, 7])
    for size in [0, 3] {
      #expect(throws: DataError.self) { try Self.dataset.resized(to: size) }
    }
  }
}

/// The fingerprint written again from its definition: 64-bit FNV-1a over little-endian numbers.
private enum FNV {
  static func hash(of dataset: ImageDataset) -> UInt64 {
    func number(_ value: Int) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let sizes = [dataset.count, dataset.height, dataset.width, dataset.channels]
    let names = dataset.classNames.flatMap { number($0.utf8.count) + Array($0.utf8) }
    let bytes = sizes.flatMap(number) + names + dataset.labels.flatMap(number) + dataset.pixels
    return bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
  }
}

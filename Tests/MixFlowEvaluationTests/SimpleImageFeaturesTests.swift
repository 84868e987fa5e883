import Foundation
import MixFlowEvaluation
import MixFlowImage
import MixFlowTestSupport
import MixFlowTraining
import Testing

@Suite struct SimpleImageFeaturesTests {
  static func flat(_ value: UInt8, side: Int = 8) -> Image {
    Image(
      width: side, height: side, channels: 1, pixels: [UInt8](repeating: value, count: side * side))
  }

  @Test func seesLightAndBorderOfAFlatImage() throws {
    let features = try SimpleImageFeatures.features(of: Self.flat(51))
    #expect(features.count == SimpleImageFeatures.dimensions)
    expectClose(Array(features.prefix(16)), [Double](repeating: 2, count: 16), relativeToMax: 1e-12)
    expectClose(Array(features[16..<96]), [Double](repeating: 0, count: 80), absolute: 1e-12)
    expectClose(features[96], 2.0, relativeToMax: 1e-12)
  }

  /// A white column in an 8 x 8 image, in the third column, so in the second block of each row.
  @Test func tellsOrientationsApart() throws {
    var pixels = [UInt8](repeating: 0, count: 64)
    for row in 0..<8 { pixels[row * 8 + 2] = 255 }
    let features = try SimpleImageFeatures.features(
      of: Image(width: 8, height: 8, channels: 1, pixels: pixels))
    // Two pixels of four are white; the slope is half on the black one beside it.
    expectClose(Array(features[0..<4]), [0, 5, 0, 0.0], relativeToMax: 1e-12)
    expectClose(Array(features[16..<20]), [2.5, 2.5, 0, 0.0], relativeToMax: 1e-12)
    expectClose(Array(features[32..<48]), [Double](repeating: 0, count: 16), absolute: 1e-12)
    expectClose(Array(features[48..<52]), Array(features[64..<68]), relativeToMax: 1e-12)
    // The corner of the ring: 2 white pixels of 28.
    expectClose(features[96], 10 * 2 / 28.0, relativeToMax: 1e-12)
  }

  @Test func refusesOddSizes() {
    let error = #expect(throws: EvaluationError.self) {
      try SimpleImageFeatures.features(of: Self.flat(0, side: 6))
    }
    #expect(error?.description.contains("6x6") == true)
  }

  @Test func averagesTheBorderOverImages() {
    #expect(borderResidue(of: [Self.flat(0), Self.flat(255)]) == 0.5)
    var pixels = [UInt8](repeating: 255, count: 16)
    for index in [0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 14, 15] { pixels[index] = 0 }
    #expect(borderResidue(of: Image(width: 4, height: 4, channels: 1, pixels: pixels)) == 0)
    #expect(borderResidue(of: [Image]()) == 0)
  }
}

@Suite struct EmbeddedFashionTests {
  /// The data set that the quickstart trains on.
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "data/fashion-mnist-16").path

  static func images(_ split: DataSplit) throws -> (images: [Image], labels: [Int]) {
    let dataset = try ImageDataset(contentsOf: folder, split: split)
    return ((0..<dataset.count).map { dataset.image(at: $0) }, dataset.labels)
  }

  @Test(arguments: [(DataSplit.train, 1000), (.test, 200)])
  func isBalancedAndHasABlackRing(split: DataSplit, perClass: Int) throws {
    let dataset = try ImageDataset(contentsOf: Self.folder, split: split)
    #expect(dataset.channels == 1 && dataset.height == 16 && dataset.width == 16)
    #expect(dataset.classNames.count == 10 && dataset.classNames[9] == "Ankle boot")
    for label in 0..<10 { #expect(dataset.labels.count { $0 == label } == perClass) }
    #expect(borderResidue(of: (0..<dataset.count).map { dataset.image(at: $0) }) == 0)
  }

  static let source = "/usr/share/datasets/fashion-mnist"

  /// Needs the Debian package dataset-fashion-mnist.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: source)), arguments: DataSplit.allCases)
  func isWhatItsRecipeMakes(split: DataSplit) throws {
    let recipe = SubsetRecipe(margin: 2, size: 16, perClass: 1000, testPerClass: 200, seed: 0)
    let made = try recipe.subset(of: Self.source, split: split)
    let kept = try ImageDataset(contentsOf: Self.folder, split: split)
    #expect(made.labels == kept.labels)
    #expect(made.pixels == kept.pixels)
  }

  /// Unseen images are nearest, slight noise is seen, lost classes weigh most; the numbers are
  /// those that the documentation of `SimpleImageFeatures` states.
  @Test func ordersFaultsByTheirWeight() throws {
    let (train, labels) = try Self.images(.train)
    let reference = try SimpleImageFeatures.moments(of: train)
    func expectDistance(_ expected: Double, of images: [Image], _ name: String) throws {
      let distance = try frechetDistance(reference, SimpleImageFeatures.moments(of: images))
      expectClose(distance, expected, relativeToMax: 0.03, name)
    }
    try expectDistance(0.11, of: Self.images(.test).images, "test images")
    try expectDistance(0.17, of: train.map { $0.noisy(0.02) }, "noise of 0.02")
    try expectDistance(1.27, of: train.map { $0.noisy(0.05) }, "noise of 0.05")
    try expectDistance(9.2, of: train.map(\.blurred), "blur")
    try expectDistance(16.7, of: zip(train, labels).filter { $0.1 >= 5 }.map(\.0), "no clothes")
    // Half of the noise on black is cut off; the rest has the mean 0.05 / √(2π).
    expectClose(
      borderResidue(of: train.map { $0.noisy(0.05) }), 0.02, relativeToMax: 0.01, "border")
  }
}

extension Image {
  /// The image with normal noise of this deviation in units of [0, 1], the same in every run.
  fileprivate func noisy(_ deviation: Double) -> Image {
    var state = pixels.reduce(UInt64(1)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Double(state >> 11) + 0.5) / 0x1p53
    }
    let noisy = pixels.map { pixel in
      let normal = (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
      return UInt8(min(max(Double(pixel) + 255 * deviation * normal, 0), 255).rounded())
    }
    return Image(width: width, height: height, channels: channels, pixels: noisy)
  }

  /// The mean of each pixel's 3 x 3 neighbours; gray images only.
  fileprivate var blurred: Image {
    var means: [UInt8] = []
    for row in 0..<height {
      for column in 0..<width {
        var sum = 0
        for y in row - 1...row + 1 {
          for x in column - 1...column + 1 {
            let nearest = (min(max(y, 0), height - 1), min(max(x, 0), width - 1))
            sum += Int(self[row: nearest.0, column: nearest.1, channel: 0])
          }
        }
        means.append(UInt8(sum / 9))
      }
    }
    return Image(width: width, height: height, channels: 1, pixels: means)
  }
}

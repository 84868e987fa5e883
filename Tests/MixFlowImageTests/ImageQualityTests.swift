import Foundation
import MixFlowImage
import MixFlowTestSupport
import Testing

@Suite struct ImageQualityTests {
  @Test(arguments: [1, 3])
  func similarityIsThatOfTheDefinition(channels: Int) throws {
    let reference = Self.noise(width: 17, height: 14, channels: channels, seed: 1)
    let image = Self.blend(
      reference, Self.noise(width: 17, height: 14, channels: channels, seed: 2))
    let similarity = try #require(ImageQuality.structuralSimilarity(image, reference))
    expectClose(similarity, Self.byDefinition(image, reference), absolute: 1e-9)
    #expect(0.1 < similarity && similarity < 0.99)
  }

  @Test func equalImagesAreAlike() {
    let image = Self.noise(width: 12, height: 11, channels: 3, seed: 3)
    #expect(ImageQuality.peakSignalToNoise(image, image) == .infinity)
    expectClose(ImageQuality.structuralSimilarity(image, image) ?? 0, 1, absolute: 1e-12)
  }

  @Test func knownNoiseRatio() {
    let dark = Image(width: 4, height: 2, channels: 1, pixels: [UInt8](repeating: 0, count: 8))
    let light = Image(width: 4, height: 2, channels: 1, pixels: [UInt8](repeating: 255, count: 8))
    let near = Image(
      width: 4, height: 2, channels: 1, pixels: [51] + [UInt8](repeating: 0, count: 7))
    #expect(ImageQuality.peakSignalToNoise(dark, light) == 0)
    // 51 is a fifth of the range: 10 log10(25 * 8).
    expectClose(ImageQuality.peakSignalToNoise(near, dark), 23.0103, absolute: 1e-4)
  }

  @Test func smallImagesHaveNoWindow() {
    let image = Self.noise(width: 10, height: 40, channels: 1, seed: 4)
    #expect(ImageQuality.structuralSimilarity(image, image) == nil)
  }

  /// The mean over windows and channels, each window by itself.
  private static func byDefinition(_ x: Image, _ y: Image) -> Double {
    let side = 11
    var weights: [Double] = []
    for row in 0..<side {
      for column in 0..<side {
        let (dy, dx) = (Double(row - 5), Double(column - 5))
        weights.append(exp(-(dx * dx + dy * dy) / 4.5))
      }
    }
    let total = weights.reduce(0, +)
    var values: [Double] = []
    for channel in 0..<x.channels {
      for top in 0...x.height - side {
        for left in 0...x.width - side {
          var (mx, my, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)
          for index in 0..<side * side {
            let (row, column) = (top + index / side, left + index % side)
            let a = Double(x[row: row, column: column, channel: channel])
            let b = Double(y[row: row, column: column, channel: channel])
            let weight = weights[index] / total
            mx += weight * a
            my += weight * b
            xx += weight * a * a
            yy += weight * b * b
            xy += weight * a * b
          }
          let (c1, c2) = (6.5025, 58.5225)
          values.append(
            (2 * mx * my + c1) * (2 * (xy - mx * my) + c2)
              / ((mx * mx + my * my + c1) * (xx - mx * mx + yy - my * my + c2)))
        }
      }
    }
    return values.reduce(0, +) / Double(values.count)
  }

  private static func noise(width: Int, height: Int, channels: Int, seed: UInt64) -> Image {
    var generator = SeededGenerator(seed: seed)
    return Image(
      width: width, height: height, channels: channels,
      pixels: (0..<width * height * channels).map { _ in UInt8(generator.next() >> 56) })
  }

  private static func blend(_ x: Image, _ y: Image) -> Image {
    Image(
      width: x.width, height: x.height, channels: x.channels,
      pixels: zip(x.pixels, y.pixels).map { UInt8((3 * Int($0) + Int($1)) / 4) })
  }
}

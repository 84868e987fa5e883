import ArgumentParser
import Foundation
import MixFlowEvaluation
import MixFlowImage
import MixFlowTraining

/// `mixflow evaluate`.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how far generated images are from real ones.",
    discussion: """
      Prints the Frechet distance between 97 hand-made features of both sets (means of blocks, \
      oriented gradients, noise, border) and the brightness of the outermost pixels. It needs no \
      trained network and suits small images with a black border; it is not the FID of the \
      literature. The distance depends on the number of images: compare equal numbers.

        mixflow evaluate data/fashion-mnist-16 samples
      """)

  @Argument(help: "Real images: a folder of IDX files or of class folders of PNG files.")
  var reference: String

  @Argument(help: "A folder of generated PNG files, as 'mixflow sample' writes it.")
  var samples: [String]

  @Option(name: .long, help: "The part of the real images: train or test.")
  var split = DataSplit.train

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let real = try ImageDataset(contentsOf: reference, split: split)
    let moments = try SimpleImageFeatures.moments(
      of: (0..<real.count).lazy.map { real.image(at: $0) })
    for folder in samples {
      let images = try Self.images(in: folder)
      let score = Score(
        samples: folder, count: images.count, reference: reference,
        frechetDistance: try frechetDistance(try SimpleImageFeatures.moments(of: images), moments),
        borderResidue: borderResidue(of: images))
      print(json ? try prettyJSON(score) : score.line)
    }
  }

  private struct Score: Encodable {
    let samples: String
    let count: Int
    let reference: String
    let features = "simple-97"
    let frechetDistance: Double
    let borderResidue: Double

    var line: String {
      String(
        format: "%@: Frechet distance %.3f (97 simple features, %d images), border %.4f", samples,
        frechetDistance, count, borderResidue)
    }
  }

  /// Reads the numbered images of a folder, in order.
  private static func images(in folder: String) throws -> [Image] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let numbered = names.filter { $0.hasSuffix(".png") && Int($0.dropLast(4)) != nil }.sorted()
    guard !numbered.isEmpty else {
      throw TrainingError.run(
        folder: folder, problem: "has no images such as 000000.png; write some with mixflow sample")
    }
    return try numbered.map { try Image(pngAt: "\(folder)/\($0)") }
  }
}

extension DataSplit: ExpressibleByArgument {}

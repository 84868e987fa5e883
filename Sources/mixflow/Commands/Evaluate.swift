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
      literature. The distance depends on the number of images: compare equal numbers, of 500 or \
      more. The output names the numbers of features and of images.

        mixflow evaluate data/fashion-mnist-16 samples

      The literature's FID is what ADM's evaluator.py makes of samples.npz, of 50,000 images, and a \
      reference batch such as VIRTUAL_imagenet256_labeled.npz; docs/CONFIGURATION.md says where.
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
    let group = try Processes.join(common)
    let isLeader = group?.isLeader ?? true
    let console = Console(isQuiet: common.quiet || !isLeader)
    let real = try ImageDataset(contentsOf: reference, split: split)
    try Self.check(real.count, in: reference, console: console)
    let moments = try GaussianMoments(
      of: try Self.rows(real.count, group) { real.image(at: $0) }.map(\.features))
    for folder in samples {
      let files = try Self.files(in: folder)
      try Self.check(files.count, in: folder, console: console)
      let rows = try Self.rows(files.count, group) { index in
        let image = try Image(pngAt: files[index])
        guard [image.width, image.height] == [real.width, real.height] else {
          throw DataError.sizeMismatch(
            file: files[index], found: [image.width, image.height], first: reference,
            expected: [real.width, real.height])
        }
        return image
      }
      let score = Score(
        samples: folder, count: files.count, reference: reference,
        frechetDistance: try frechetDistance(
          try GaussianMoments(of: rows.map(\.features)), moments),
        borderResidue: rows.reduce(0) { $0 + $1.residue } / Double(rows.count))
      if isLeader { try StandardStream.print(json ? try prettyJSON(score) : score.line) }
    }
  }

  /// What is measured of an image.
  private struct Row {
    let features: [Double]
    let residue: Double
  }

  /// Measures images, of which the processes of a group take turns.
  private static func rows(
    _ count: Int, _ group: ProcessGroup?, _ image: (Int) throws -> Image
  ) throws -> [Row] {
    func values(_ index: Int) throws -> [Double] {
      let image = try image(index)
      return try SimpleImageFeatures.features(of: image) + [borderResidue(of: image)]
    }
    let width = SimpleImageFeatures.dimensions + 1
    let rows = try group?.rows(count, width: width, values) ?? (0..<count).map(values)
    return rows.map { Row(features: $0.dropLast(), residue: $0[width - 1]) }
  }

  private struct Score: Encodable {
    let samples: String
    let count: Int
    let reference: String
    let features = "simple-97"
    let frechetDistance: Double
    let borderResidue: Double

    var line: String {
      """
      \(samples): Frechet distance \(frechetDistance.formatted("%.3f")) (97 simple features, \
      \(count) images), border \(borderResidue.formatted("%.4f"))
      """
    }
  }

  /// Lists the numbered images of a folder, in order.
  private static func files(in folder: String) throws -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let numbered = names.filter { $0.wholeMatch(of: /[0-9]+\.png/) != nil }.sorted()
    guard !numbered.isEmpty else {
      throw TrainingError.run(
        folder: folder, problem: "has no images such as 000000.png; write some with mixflow sample")
    }
    return numbered.map { "\(folder)/\($0)" }
  }

  /// The number of images below which a covariance of 97 features is too rough.
  private static let soundCount = 500

  /// Refuses a number of images that has no covariance, and notes one that is small.
  private static func check(_ count: Int, in folder: String, console: Console) throws {
    guard count > 1 else {
      throw TrainingError.run(
        folder: folder,
        problem: "holds 1 image; a distance needs at least 2, and \(soundCount) to be sound")
    }
    guard count < soundCount else { return }
    console.say(
      "note: \(folder) holds \(count) images, few for a covariance of 97 features; the distance is "
        + "too rough to compare, take \(soundCount) or more")
  }
}

extension DataSplit: ExpressibleByArgument {}

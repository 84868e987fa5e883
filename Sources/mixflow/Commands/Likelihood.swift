import ArgumentParser
import Foundation
import MixFlowConfiguration
import MixFlowModels
import MixFlowTensor
import MixFlowTraining
import MixFlowTransport

/// `mixflow likelihood`.
struct Likelihood: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how likely a flow finds images.",
    discussion: """
      Follows the flow from each image back to its noise and prints the mean log-density of the \
      images, on values in [-1, 1], and the bits for each of their 8-bit values. The divergence is \
      estimated (Hutchinson), so that means over many images are sound and those of few are rough.

        mixflow likelihood --ckpt model.safetensors --data data/fashion-mnist-16 --split test
      """)

  @Option(name: .long, help: "The checkpoint (safetensors or PyTorch).")
  var ckpt: String

  @Option(name: .long, help: "A folder of IDX files or of class folders of PNG files.")
  var data: String

  @Option(name: .long, help: "The part of the images: train or test.")
  var split = DataSplit.test

  @Option(name: .long, help: "The number of images, from the first on.")
  var num = 64

  @Option(name: .long, help: "Images measured at once.")
  var batchSize = 16

  @Option(name: .long, help: "The seed of the estimate.")
  var seed = 0

  @Option(name: .long, help: "The solver: euler, heun, midpoint, heun3, rk4 or dopri5.")
  var solver = "dopri5"

  @Option(name: .long, help: "Grid points, one more than the steps of a fixed grid.")
  var steps = 50

  @Option(name: .long, help: "Which weights to use: auto (EMA if there), ema or raw.")
  var weights = WeightsChoice.auto

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  @OptionGroup var heads: HeadsOption

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard num > 0 else { throw ValidationError("'--num' must be positive, got \(num).") }
    guard 1...4096 ~= batchSize else {
      throw ValidationError("'--batch-size' must be from 1 to 4096, got \(batchSize).")
    }
    guard seed >= 0 else { throw ValidationError("'--seed' must not be negative, got \(seed).") }
  }

  func run() throws {
    common.apply()
    let checkpoint = try ModelCheckpoint(contentsOf: ckpt, weights: weights, heads: heads.heads)
    try heads.check(checkpoint.sizes, in: ckpt)
    let configuration = checkpoint.configuration
    guard checkpoint.sizes.kind != .dit else {
      throw ConfigurationError(
        key: "model.type", problem: "is DiT, a diffusion; the likelihood is that of a flow")
    }
    var section = DataSection()
    (section.path, section.split) = (data, split.rawValue)
    section.resize = configuration.data.resize
    let images = try section.open(for: checkpoint.sizes)
    let likelihood = try FlowLikelihood(
      model: checkpoint.model, intervals: try configuration.transport.intervals(),
      solver: try SolverKind(parsing: solver), points: steps,
      tolerance: ErrorTolerance(
        absolute: configuration.sampler.atol, relative: configuration.sampler.rtol))
    let count = min(num, images.count)
    var progress = ProgressLine(total: count, unit: "images", isQuiet: common.quiet)
    var logDensities: [Double] = []
    for start in stride(from: 0, to: count, by: batchSize) {
      let batch = start..<min(count, start + batchSize)
      logDensities += try likelihood(of: images, batch, seed: UInt64(seed)).logDensity
      progress.advance(by: batch.count)
    }
    let score = Score(logDensities, values: images.sampleCount)
    try StandardStream.print(json ? try prettyJSON(score) : score.line)
  }

  private struct Score: Encodable {
    let count: Int
    let logDensity: Double
    let bitsPerDimension: Double

    init(_ logDensities: [Double], values: Int) {
      count = logDensities.count
      logDensity = logDensities.reduce(0, +) / Double(count)
      // One of 256 values is 2/256 wide.
      bitsPerDimension = 7 - logDensity / Double(values) / log(2)
    }

    var line: String {
      """
      log-density \(logDensity.formatted("%.3f")) nats, \(bitsPerDimension.formatted("%.4f")) bits per \
      value (\(count) images)
      """
    }
  }
}

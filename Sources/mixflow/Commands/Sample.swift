import ArgumentParser
import Foundation
import MixFlowCheckpoint
import MixFlowConfiguration
import MixFlowImage
import MixFlowModels
import MixFlowTensor
import MixFlowTraining

/// `mixflow sample`.
struct Sample: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw images from a checkpoint.",
    discussion: """
      Writes one PNG file for each image, a grid, and samples.npz for the ADM evaluation suite \
      (arr_0, uint8, NHWC). Image 17 of a seed is the same whatever the batch size, the number of \
      threads or the range of images asked for.

      A training checkpoint brings its own path, prediction and sampler settings; options and \
      '--set sampler.…' change them.

        mixflow sample --ckpt runs/post/checkpoints/0000600.safetensors --num 64 \\
          --cfg-scale 1.5 --steps 10 --out samples
      """)

  @Option(name: .long, help: "The checkpoint (safetensors).")
  var ckpt: String

  @Option(name: .long, help: "The folder for the images.")
  var out: String

  @Option(name: .long, help: "The number of images.")
  var num = 16

  @Option(name: .long, help: "The index of the first image.")
  var first = 0

  @Option(name: .long, help: "Images drawn at once.")
  var batchSize = 16

  @Option(name: .long, help: "The seed of the noise.")
  var seed = 0

  @Option(name: .long, help: "Classes, such as 3 or 0,2,5-7, taken in turn; by default all.")
  var classes: String?

  @Option(name: .long, help: "guidance.scale: 1 is no guidance.")
  var cfgScale: Double?

  @Option(name: .long, help: "sampler.num_steps: grid points; an ODE makes one step less.")
  var steps: Int?

  @Option(name: .long, help: "The solver: euler, heun, midpoint, rk4, dopri5, or sde, sde-heun.")
  var solver: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set any key, such as guidance.t_max=0.7.", valueName: "key=value"))
  var assignments: [String] = []

  @Option(name: .long, help: "Which weights to use: auto (EMA if there), ema or raw.")
  var weights = WeightsChoice.auto

  @Option(name: .long, help: "Images in a row of the grid; by default it is a square.")
  var columns: Int?

  @Option(name: .long, help: "The number of heads, for a bare file of an unusual width.")
  var heads: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard num > 0 else { throw ValidationError("'--num' must be positive, got \(num).") }
    guard first >= 0 else { throw ValidationError("'--first' must not be negative.") }
    guard batchSize > 0 else { throw ValidationError("'--batch-size' must be positive.") }
    guard seed >= 0 else { throw ValidationError("'--seed' must not be negative.") }
  }

  func run() throws {
    common.apply()
    let console = Console(isQuiet: common.quiet)
    let checkpoint = try ModelCheckpoint(contentsOf: ckpt, weights: weights, heads: heads)
    let configuration = try ConfigurationFile.change(
      checkpoint.configuration, settings: settings)
    let model = checkpoint.model
    guard [1, 3].contains(model.sampleShape[0]) else {
      throw ConfigurationError(
        key: "model.in_channels",
        problem: "\(ckpt) makes latents of \(model.sampleShape[0]) channels, not images; this "
          + "version has no decoder for them")
    }
    let labels = try ClassList(classes, classCount: model.classCount).labels(first..<first + num)
    let generator = SampleGenerator(
      model: model, sampler: try configuration.flowSampler(),
      guidance: try configuration.guidance.resolved(),
      guidedChannels: configuration.guidance.channels, seed: UInt64(seed))
    let folder = try SampleFolder(out, rule: try configuration.sampler.quantization())
    var progress = ProgressLine(total: num, unit: "images", isQuiet: common.quiet)
    for start in stride(from: 0, to: num, by: batchSize) {
      let batch = Array(labels[start..<min(num, start + batchSize)])
      try folder.write(
        try generator.samples(from: first + start, labels: batch), from: first + start)
      progress.advance(by: batch.count)
    }
    try folder.writeGrid(of: first..<first + num, columns: columns)
    try folder.writeArchive(of: first..<first + num)
    console.say("\(out): \(num) images, grid.png and samples.npz")
  }

  private var settings: [String] {
    var settings = assignments
    if let cfgScale { settings.append("guidance.scale=\(cfgScale)") }
    if let steps { settings.append("sampler.num_steps=\(steps)") }
    switch solver?.lowercased() {
    case nil: break
    case "sde": settings += ["sampler.mode=SDE", "sampler.sampling_method=Euler"]
    case "sde-heun": settings += ["sampler.mode=SDE", "sampler.sampling_method=Heun"]
    case let name?: settings += ["sampler.mode=ODE", "sampler.sampling_method=\(name)"]
    }
    return settings
  }
}

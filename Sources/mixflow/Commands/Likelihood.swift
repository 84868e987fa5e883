import ArgumentParser
import MixFlowConfiguration
import MixFlowModels
import MixFlowTensor
import MixFlowTraining
import MixFlowTransport

/// `mixflow likelihood`.
struct Likelihood: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how likely a flow finds images or latents.",
    discussion: """
      Follows the flow from each sample back to its noise and prints the mean log-density. The \
      divergence is estimated (Hutchinson), so that means over many samples are sound and those of \
      few are rough.

      Of images the values are in [-1, 1], each spread evenly over the interval of its byte, and the \
      bits are an upper bound of those of an 8-bit value. After ± stands the standard error. A fixed \
      grid is only as good as its steps: compare with dopri5, the default. Of latents, \
      as the model sees them, the bits are those of the density, for each number of a latent; they \
      compare models of one autoencoder alone. From a file of means and deviations a latent is drawn, \
      as in training.

        mixflow likelihood --ckpt model.safetensors --data data/fashion-mnist-16 --split test
        mixflow likelihood --ckpt model.safetensors --data latents.safetensors

      With '--config' the file says what the network is, its path and what it predicts. The error \
      that dopri5 may make is that of the file's sampler; a smaller one is slower:

        mixflow likelihood --ckpt model.safetensors --data data/fashion-mnist-16 \\
          --set sampler.atol=1e-8 --set sampler.rtol=1e-6
      """)

  @OptionGroup var model: CheckpointOptions

  @Option(
    name: .long,
    help: "A folder of IDX files or of class folders of PNG files, or a file of latents.")
  var data: String

  @Option(
    name: .long, help: "The part of the images: train or test, the default; latents have none.")
  var split: DataSplit?

  @Option(name: .long, help: "The number of samples, from the first on.")
  var num = 64

  @Option(name: .long, help: "Samples measured at once.")
  var batchSize = 16

  @Option(name: .long, help: "The seed of the estimate.")
  var seed = 0

  @Option(name: .long, help: "The solver: euler, heun, midpoint, heun3, rk4 or dopri5.")
  var solver = "dopri5"

  @Option(name: .long, help: "Grid points, one more than the steps of a fixed grid.")
  var steps = 50

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set sampler.atol, sampler.rtol or transport.sample_eps, such as sampler.rtol=1e-6.",
      valueName: "key=value"))
  var assignments: [String] = []

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard num > 0 else { throw ValidationError("'--num' must be positive, got \(num).") }
    guard 1...4096 ~= batchSize else {
      throw ValidationError("'--batch-size' must be from 1 to 4096, got \(batchSize).")
    }
    guard seed >= 0 else { throw ValidationError("'--seed' must not be negative, got \(seed).") }
    _ = try SolverKind(option: solver)
    guard 2...TimeGrid.pointLimit ~= steps else {
      throw ValidationError("'--steps' must be from 2 to \(TimeGrid.pointLimit), got \(steps).")
    }
    let keys = ["sampler.atol", "sampler.rtol", "transport.sample_eps"]
    for setting in assignments where !keys.contains(where: { setting.hasPrefix("\($0)=") }) {
      throw ValidationError(
        "'--set \(setting)' has no effect on likelihoods; give key=value with one of the keys "
          + keys.joined(separator: ", ") + ".")
    }
  }

  func run() throws {
    common.apply()
    let console = Console(isQuiet: common.quiet)
    let (file, checkpoint) = try model.read(console)
    let configuration = try ConfigurationFile.change(
      checkpoint.configuration, settings: assignments)
    guard checkpoint.sizes.kind != .dit else {
      throw ConfigurationError(
        key: "model.type", problem: "is DiT, a diffusion; the likelihood is that of a flow")
    }
    let samples = try open(for: checkpoint)
    if let used = samples.latentOrigin, let origin = checkpoint.latentOrigin,
      let warning = try origin.check(used, file: file)
    {
      console.say("warning: \(warning)")
    }
    let likelihood = try SettingOrigins(assignments: assignments).naming {
      try FlowLikelihood(
        model: checkpoint.model, intervals: try configuration.transport.intervals(),
        solver: try SolverKind(option: solver), points: steps,
        tolerance: try configuration.sampler.tolerance())
    }
    let score = LikelihoodScore(try measure(samples, likelihood), of: samples)
    if try !SolverKind(option: solver).isAdaptive {
      console.say("note: \(solver) on a grid of \(steps) points; its error is in the bits")
    }
    try StandardStream.print(json ? try prettyJSON(score) : score.line)
  }

  /// Opens the data; latents have no parts to choose from.
  private func open(for checkpoint: ModelCheckpoint) throws -> any DataSource {
    var section = DataSection()
    (section.path, section.split) = (data, (split ?? .test).rawValue)
    section.resize = checkpoint.configuration.data.resize
    let autoencoder = checkpoint.configuration.autoencoder
    do {
      return try section.open(for: checkpoint.sizes, autoencoder: autoencoder)
    } catch let error as ConfigurationError where error.key == "data.split" && split == nil {
      section.split = DataSplit.train.rawValue
      return try section.open(for: checkpoint.sizes, autoencoder: autoencoder)
    }
  }

  private func measure(_ samples: any DataSource, _ likelihood: FlowLikelihood) throws -> [Double] {
    let count = min(num, samples.count)
    let noun = LikelihoodScore.noun(of: samples)
    var progress = ProgressLine(total: count, unit: noun, isQuiet: common.quiet)
    var logDensities: [Double] = []
    for start in stride(from: 0, to: count, by: batchSize) {
      let batch = start..<min(count, start + batchSize)
      logDensities += try likelihood(of: samples, batch, seed: UInt64(seed)).logDensity
      progress.advance(by: batch.count)
    }
    return logDensities
  }
}

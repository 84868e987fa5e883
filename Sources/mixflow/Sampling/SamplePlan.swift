import MixFlowConfiguration
import MixFlowModels
import MixFlowTensor
import MixFlowTraining

/// All that is known before the first sample is drawn.
struct SamplePlan {
  let checkpoint: ModelCheckpoint
  /// The path of the checkpoint.
  let file: String
  let configuration: RunConfiguration
  let selection: SampleSelection
  /// The class of each sample.
  let labels: [Int]
  private let guideHeads: Int?
  private let generator: SampleGenerator

  /// Reads the files that the options name and brings the options together.
  init(
    _ model: CheckpointOptions, _ sampler: SamplerOptions, _ selection: SampleSelection,
    autoencoder: [String], _ console: Console
  ) throws {
    (file, checkpoint) = try model.read(console)
    self.selection = selection
    guideHeads = sampler.guideHeads
    var configuration = try ConfigurationFile.change(
      checkpoint.configuration, settings: sampler.settings)
    if !autoencoder.isEmpty { configuration.autoencoder.files = autoencoder }
    self.configuration = configuration
    try sampler.checkEffect(configuration.guidance)
    try configuration.checkGuidedChannels(of: checkpoint.sizes)
    labels = try selection.labels(of: checkpoint.model.classCount)
    let settings = configuration
    let (network, guidance) = try sampler.origins.naming {
      _ = try settings.sampler.quantization()
      return (try settings.networkSampler(), try settings.guidance.resolved())
    }
    generator = SampleGenerator(
      model: checkpoint.model, sampler: network, guidance: guidance,
      // What is wrong with a file is no mistake in the command line.
      guide: try settings.guideModel(for: checkpoint.sizes, heads: sampler.guideHeads),
      guidedChannels: settings.guidance.channels, seed: UInt64(selection.seed))
  }

  /// Draws samples and passes them on, a batch at a time, with the index of the first.
  func draw(
    _ batches: [Range<Int>], _ profiler: Profiler?, isQuiet: Bool,
    _ consume: (Tensor, Int) throws -> Void
  ) throws {
    let first = selection.range.lowerBound
    let count = batches.reduce(0) { $0 + $1.count }
    var progress = ProgressLine(total: count, unit: "images", isQuiet: isQuiet)
    for batch in batches {
      let drawn = batch.map { labels[$0 - first] }
      func draw() throws -> Tensor { try generator.samples(from: batch.lowerBound, labels: drawn) }
      try consume(try profiler?.measure(draw) ?? draw(), batch.lowerBound)
      progress.advance(by: batch.count)
    }
  }

  /// Whether a sample depends on those of its batch: an adaptive solver's steps follow them all.
  var dependsOnBatches: Bool {
    configuration.sampler.samplingMethod.lowercased() == "dopri5"
      && configuration.sampler.mode.lowercased() == "ode"
  }

  /// The sampler in use, which a file may have brought, in a line for a person.
  var summary: String {
    let (sampler, guidance) = (configuration.sampler, configuration.guidance)
    let isDiffusion = checkpoint.sizes.kind == .dit
    let method = isDiffusion ? "" : " \(sampler.samplingMethod)"
    let scale = guidance.scale == 1 ? "no guidance" : "guidance.scale \(guidance.scale)"
    return "sampler: \(sampler.mode)\(method), num_steps \(sampler.numSteps), \(scale)"
  }

  /// What a sample of an index is made with; neither batches nor threads change it.
  func record() throws -> SampleRecord {
    let sections = ["model.", "transport.", "sampler.", "guidance.", "autoencoder."]
    // Files are told by what is in them.
    let paths = ["model.ckpt", "guidance.guide", "autoencoder.files"]
    let settings = try ConfigurationFile.list(configuration).filter { setting in
      sections.contains(where: setting.key.hasPrefix) && !paths.contains(setting.key)
    }
    return SampleRecord(
      settings: settings.map { (name: $0.key, value: $0.value) } + selection.settings
        + [
          (name: "--weights", value: checkpoint.weights.rawValue),
          (name: "--guide-heads", value: guideHeads.map { "\($0)" } ?? "as the file says"),
        ]
        + (checkpoint.adapter.map {
          [(name: "--adapter-scale", value: "\($0.strength)")]
        } ?? [])
        + (dependsOnBatches
          ? [(name: "--batch-size", value: "\(selection.batchSize)")] : []),
      files: try files.map { (name: $0.name, file: try FileIdentity(of: $0.path)) })
  }

  /// The files that samples depend on.
  private var files: [(name: String, path: String)] {
    [("checkpoint", file)] + (configuration.guidance.guide.map { [("guide", $0)] } ?? [])
      + (checkpoint.adapter.map { [("adapter", $0.folder.file)] } ?? [])
      + configuration.autoencoder.files.enumerated().map {
        ("autoencoder \($0.offset)", $0.element)
      }
  }
}

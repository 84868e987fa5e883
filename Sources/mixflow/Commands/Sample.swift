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

      A folder that already holds images is refused, so that no two runs are mixed. With '--first' \
      images of other indices are added to it, and the grid and the archive are of them all; \
      '--overwrite' removes the old ones, or with '--first' those of the same indices alone. \
      '--resume' draws what an interrupted run left out; give it the same options.

      A training checkpoint brings its own path, prediction and sampler settings; options and \
      '--set sampler.…' change them. Solvers of the ODE are euler, heun (or heun2), midpoint, heun3, \
      rk4 and dopri5; those of the SDE are sde (or euler-maruyama) and sde-heun. \
      REPA's models are sampled by REPA's euler, heun and sde, a DiT by ddpm or ddim; \
      '--set sampler.code=…' chooses the sampler of another code base.

        mixflow sample --ckpt runs/post/checkpoints/0000600.safetensors --num 64 \\
          --cfg-scale 1.5 --steps 10 --out samples

      With '--config' the file says what the network is and how it is sampled, and its model.ckpt \
      is the checkpoint where '--ckpt' names none. Files of RAE are read as they are:

        mixflow sample --config configs/stage2/sampling/ImageNet256/DiTDHXL-DINOv2-B_AG.yaml \
          --out samples

      A model of latents needs its autoencoder, which turns them into images: '--autoencoder', once \
      for each file, or the section autoencoder of the configuration. '--latents' writes them as they \
      are instead, to latents.safetensors.

        mixflow sample --ckpt SiT-XL-2-256x256.pt --autoencoder sd-vae-ft-ema.safetensors \\
          --cfg-scale 4 --steps 250 --out samples

      With '--profile' it prints at the end where the time of a network evaluation goes.
      """)

  @Option(name: .long, help: "The checkpoint (safetensors or PyTorch).")
  var ckpt: String?

  @Option(
    name: .long,
    help: "A configuration file (YAML), this program's or RAE's, that wins over the checkpoint's.")
  var config: String?

  @Option(name: .long, help: "The folder for the images.")
  var out: String

  @Option(name: .long, help: "The number of images.")
  var num = 16

  @Option(name: .long, help: "The index of the first image; by default 0.")
  var first: Int?

  @Option(name: .long, help: "Images drawn at once.")
  var batchSize = 16

  @Option(name: .long, help: "The seed of the noise.")
  var seed = 0

  @Option(name: .long, help: "Classes, such as 3 or 0,2,5-7, taken in turn; by default all.")
  var classes: String?

  @Option(name: .long, help: "guidance.scale: 1 is no guidance.")
  var cfgScale: Double?

  @Option(name: .long, help: "guidance.method: cfg or autoguidance; --guide means the latter.")
  var guidanceMethod: String?

  @Option(name: .long, help: "guidance.guide: the checkpoint of a worse model, for autoguidance.")
  var guide: String?

  @Option(name: .long, help: "sampler.num_steps: grid points; an ODE makes one step less.")
  var steps: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The solver: euler, heun, midpoint, heun3, rk4, dopri5; sde, sde-heun for the SDE; ddpm, ddim "
        + "for a DiT."))
  var solver: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set a key of sampler, guidance or autoencoder, such as guidance.t_max=0.7, or "
        + "transport.sample_eps or transport.time_dist_shift.", valueName: "key=value"))
  var assignments: [String] = []

  @Option(name: .long, help: "Which weights to use: auto (EMA if there), ema or raw.")
  var weights = WeightsChoice.auto

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file (safetensors or PyTorch) of the autoencoder of a model of latents; once for each file.",
      valueName: "file"))
  var autoencoder: [String] = []

  @Flag(name: .long, help: "Write latents.safetensors (latents and labels) instead of images.")
  var latents = false

  @Option(name: .long, help: "Images in a row of the grid; by default it is a square.")
  var columns: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The classes' order: turns, one after another; equal, each equally often in RAE's order for "
        + "the seed; random."))
  var labelSampling = LabelSampling.turns

  @Option(
    name: .long,
    help: "The archive of all images, such as upstream's FOLDER.npz; by default samples.npz in it.")
  var npz: String?

  @Flag(name: .long, help: "Replace images that the folder already holds.")
  var overwrite = false

  @Flag(name: .long, help: "Go on with an interrupted run: draw the images alone that are missing.")
  var resume = false

  @Option(name: .long, help: "The network: DiT for a bare file of one; its keys are a SiT's.")
  var modelType: ModelKind?

  @OptionGroup var heads: HeadsOption

  @Flag(name: .long, help: "Print at the end where the time of a network evaluation goes.")
  var profile = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard ckpt != nil || config != nil else {
      throw ValidationError("Give '--ckpt FILE', or '--config FILE' with model.ckpt in it.")
    }
    guard !out.isEmpty else { throw ValidationError("'--out' is empty; name a folder.") }
    guard npz != "" else { throw ValidationError("'--npz' is empty; name a file.") }
    guard num > 0 else { throw ValidationError("'--num' must be positive, got \(num).") }
    let start = first ?? 0
    guard start >= 0 else { throw ValidationError("'--first' must not be negative, got \(start).") }
    guard start < Self.indexLimit, num <= Self.indexLimit - start else {
      throw ValidationError(
        "'--first' and '--num' ask for images up to \(start) + \(num); indices end at "
          + "\(Self.indexLimit).")
    }
    guard 1...4096 ~= batchSize else {
      throw ValidationError("'--batch-size' must be from 1 to 4096, got \(batchSize).")
    }
    guard seed >= 0 else { throw ValidationError("'--seed' must not be negative, got \(seed).") }
    guard cfgScale?.isFinite ?? true else {
      throw ValidationError("'--cfg-scale' must be a finite number.")
    }
    guard 1...65_536 ~= columns ?? 1 else {
      throw ValidationError("'--columns' must be from 1 to 65536, got \(columns ?? 0).")
    }
    guard !resume || !overwrite else {
      throw ValidationError("'--resume' keeps images and '--overwrite' replaces them; give one.")
    }
    guard !latents || (autoencoder.isEmpty && columns == nil) else {
      throw ValidationError("'--latents' takes no '--autoencoder' and no '--columns'.")
    }
    _ = try ClassList(classes)
    for setting in assignments { try checkIsForSampling(setting) }
  }

  /// One more than the largest index of an image.
  private static let indexLimit = 1_000_000_000

  /// Refuses keys that would be ignored: of the model, of data and of training.
  private func checkIsForSampling(_ setting: String) throws {
    let key = setting.prefix { $0 != "=" }
    let isSection = ["sampler.", "guidance.", "autoencoder."].contains { key.hasPrefix($0) }
    guard
      isSection || ["transport.sample_eps", "transport.time_dist_shift"].contains(key)
        || key == setting
    else {
      throw ValidationError(
        "'--set \(setting)' has no effect on sampling; set keys of sampler, guidance or "
          + "autoencoder, transport.sample_eps or transport.time_dist_shift.")
    }
  }

  func run() throws {
    common.apply()
    try latents
      ? LatentSamples.check(folder: out, replaces: overwrite)
      : SampleFolder.check(range, in: out, policy: policy)
    let (ckpt, checkpoint) = try readCheckpoint()
    let model = checkpoint.model
    try heads.check(checkpoint.sizes, in: ckpt)
    var configuration = try ConfigurationFile.change(
      checkpoint.configuration, settings: settings)
    if !autoencoder.isEmpty { configuration.autoencoder.files = autoencoder }
    let labels = try labelSampling.labels(
      of: range, from: try ClassList(classes).classes(of: model.classCount), seed: UInt64(seed))
    let generator = SampleGenerator(
      model: model, sampler: try configuration.networkSampler(),
      guidance: try configuration.guidance.resolved(),
      guide: try configuration.guideModel(for: checkpoint.sizes),
      guidedChannels: configuration.guidance.channels, seed: UInt64(seed))
    let profiler = profile ? Profiler() : nil
    if latents {
      try drawLatents(of: model, generator, labels: labels, from: range.lowerBound, profiler)
    } else {
      try drawImages(checkpoint, of: ckpt, configuration, generator, labels: labels, profiler)
    }
    if let profile = profiler?.profile {
      let passes = profile.costs[Profile.Key(.forward, .betweenOperations)]?.calls ?? 0
      try StandardStream.print(ProfileReport(profile, per: passes, "network evaluation").text)
    }
  }

  /// Draws samples and passes them on, a batch at a time, with the index of the first.
  ///
  /// The labels are those of all samples, from `first` on.
  private func draw(
    _ generator: SampleGenerator, _ batches: [Range<Int>], labels: [Int], _ profiler: Profiler?,
    _ consume: (Tensor, Int) throws -> Void
  ) throws {
    let first = first ?? 0
    let count = batches.reduce(0) { $0 + $1.count }
    var progress = ProgressLine(total: count, unit: "images", isQuiet: common.quiet)
    for batch in batches {
      let drawn = batch.map { labels[$0 - first] }
      func draw() throws -> Tensor { try generator.samples(from: batch.lowerBound, labels: drawn) }
      try consume(try profiler?.measure(draw) ?? draw(), batch.lowerBound)
      progress.advance(by: batch.count)
    }
  }

  private func drawLatents(
    of model: any ClassConditionalModel, _ generator: SampleGenerator, labels: [Int],
    from first: Int, _ profiler: Profiler?
  ) throws {
    try createFolder(out)
    let path = LatentSamples.path(in: out)
    var file = try LatentSamples.stream(to: path, shape: model.sampleShape, labels: labels)
    let batches = SampleFolder.batches(of: first..<first + num, size: batchSize, without: [])
    try draw(generator, batches, labels: labels, profiler) { latents, _ in try file.write(latents) }
    try file.commit()
    Console(isQuiet: common.quiet).say("\(path): \(num) latents")
  }

  /// The indices of the samples that are wanted.
  private var range: Range<Int> { (first ?? 0)..<(first ?? 0) + num }

  private func drawImages(
    _ checkpoint: ModelCheckpoint, of file: String, _ configuration: RunConfiguration,
    _ generator: SampleGenerator, labels: [Int], _ profiler: Profiler?
  ) throws {
    let console = Console(isQuiet: common.quiet)
    let (decoder, warning) = try makeDecoder(checkpoint, of: file, configuration)
    if let warning { console.say("warning: \(warning)") }
    let folder = try SampleFolder(out, rule: try configuration.sampler.quantization())
    let present = resume ? SampleFolder.indices(in: out) : []
    let batches = SampleFolder.batches(of: range, size: batchSize, without: present)
    let count = batches.reduce(0) { $0 + $1.count }
    try folder.check(
      adding: count, to: policy == .replace ? [] : SampleFolder.indices(in: out), columns: columns,
      width: decoder.width, height: decoder.height)
    if policy == .replace { try folder.removeAll() }
    try draw(generator, batches, labels: labels, profiler) { samples, first in
      for (place, image) in decoder.images(of: samples).enumerated() {
        try folder.write(image, at: first + place)
      }
    }
    let all = SampleFolder.indices(in: out)
    try folder.writeGrid(of: all, columns: columns)
    try folder.writeArchive(of: all, to: npz)
    console.say(
      "\(out): \(count) images" + (all.count > count ? ", \(all.count) with older ones" : "")
        + ", grid.png and \(npz ?? "samples.npz")")
  }

  private func makeDecoder(
    _ checkpoint: ModelCheckpoint, of file: String, _ configuration: RunConfiguration
  ) throws -> (decoder: SampleDecoder, warning: String?) {
    do {
      return try configuration.sampleDecoder(
        for: checkpoint.model.sampleShape, origin: checkpoint.latentOrigin, file: file)
    } catch let error as ConfigurationError where configuration.autoencoder.files.isEmpty {
      throw ConfigurationError(
        key: error.key,
        problem: error.problem + " with '--autoencoder', or write latents with '--latents'")
    }
  }

  /// Reads the checkpoint by its own sizes and settings, or by the configuration file's.
  private func readCheckpoint() throws -> (path: String, ModelCheckpoint) {
    guard let config else {
      let path = ckpt ?? ""
      return (
        path,
        try ModelCheckpoint(
          contentsOf: path, weights: weights, kind: modelType, heads: heads.heads)
      )
    }
    let reading = try ConfigurationFile.read(path: config)
    for note in reading.notes { Console(isQuiet: common.quiet).say("note: \(note)") }
    guard let path = ckpt ?? reading.configuration.model.ckpt else {
      throw ConfigurationError(
        key: "model.ckpt", problem: "is null in \(config); set it, or give '--ckpt FILE'")
    }
    return (
      path,
      try ModelCheckpoint(contentsOf: path, weights: weights, as: reading.configuration)
    )
  }

  /// What images mean that the folder already holds.
  private var policy: SampleFolder.Policy {
    resume
      ? .resume : first == nil ? (overwrite ? .replace : .fresh) : (overwrite ? .rewrite : .extend)
  }

  private var settings: [String] {
    var settings = assignments
    if let cfgScale { settings.append("guidance.scale=\(cfgScale)") }
    if let guide {
      settings += ["guidance.method=autoguidance", "guidance.guide=\(quoted(guide))"]
    }
    if let guidanceMethod {
      settings.append("guidance.method=\(quoted(guidanceMethod))")
      // What a checkpoint's own configuration names would contradict it.
      if guidanceMethod.lowercased() == "cfg", guide == nil {
        settings.append("guidance.guide=null")
      }
    }
    if let steps { settings.append("sampler.num_steps=\(steps)") }
    switch solver?.lowercased() {
    case nil: break
    case "sde", "euler-maruyama":
      settings += ["sampler.mode=SDE", "sampler.sampling_method=Euler"]
    case "sde-heun": settings += ["sampler.mode=SDE", "sampler.sampling_method=Heun"]
    case "ddpm", "ddim": settings.append("sampler.mode=\(solver?.uppercased() ?? "")")
    case let name?: settings += ["sampler.mode=ODE", "sampler.sampling_method=\(name)"]
    }
    return settings
  }

  /// A text as YAML reads it back.
  private func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "''") + "'"
  }
}

extension ModelKind: ExpressibleByArgument {
  /// Reads a name in any case.
  public init?(argument: String) {
    guard
      let kind = Self.allCases.first(where: { $0.rawValue.lowercased() == argument.lowercased() })
    else { return nil }
    self = kind
  }
}

extension LabelSampling: ExpressibleByArgument {}

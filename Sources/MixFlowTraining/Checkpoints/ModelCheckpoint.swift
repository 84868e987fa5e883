import MixFlowCheckpoint
import MixFlowImage
import MixFlowModels

/// A model read from a file for sampling: a training checkpoint or a bare state dict.
public struct ModelCheckpoint {
  /// The model with the weights that were asked for, in this library's time.
  public let model: any ClassConditionalModel
  /// The model's sizes.
  public let sizes: ModelConfiguration
  /// Which of the file's weights the model has: `ema` or `raw`, or `auto` where it does not tell.
  public let weights: WeightsChoice
  /// The configuration that the file carries, or the defaults with the model's sizes.
  public let configuration: RunConfiguration
  /// The low-rank adapters that the weights took beside the file's own, if any.
  public let adapter: AdapterUse?
  /// Where the latents that it was trained on come from, if the file says so.
  public let latentOrigin: LatentOrigin?

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: A safetensors or PyTorch file.
  ///   - weights: Which weights to use.
  ///   - kind: Which network it is, where the keys do not tell a DiT from a SiT.
  ///   - heads: The number of attention heads, where neither the file's header nor the width tells.
  ///   - adapter: Low-rank adapters that the weights take.
  /// - Throws: `CheckpointError`, `ModelInferenceError` or `ModelConfigurationError` that names what
  ///   does not fit.
  public init(
    contentsOf path: String, weights: WeightsChoice = .auto, kind: ModelKind? = nil,
    heads: Int? = nil, adapter: AdapterUse? = nil
  ) throws {
    let file = try CheckpointFormat.open(path)
    let tensors = StateDict(file)
    try self.init(
      file, try tensors.weights(weights), tensors.resolved(weights), kind: kind, heads: heads,
      adapter: adapter)
  }

  /// Makes the model of a file with weights that were chosen from it.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - tensors: The weights, adapters among them.
  ///   - weights: Which they are.
  ///   - kind: Which network it is, where the keys do not tell a DiT from a SiT.
  ///   - heads: The number of attention heads, where neither the file's header nor the width tells.
  ///   - adapter: Low-rank adapters that the weights take.
  /// - Throws: `CheckpointError`, `ModelInferenceError` or `ModelConfigurationError` that names what
  ///   does not fit.
  init(
    _ file: any TensorFile, _ tensors: StateDict, _ weights: WeightsChoice, kind: ModelKind? = nil,
    heads: Int? = nil, adapter: AdapterUse? = nil
  ) throws {
    (self.weights, self.adapter) = (weights, adapter)
    let state = try tensors.network(of: file, taking: adapter)
    sizes =
      file.metadata[TrainingCheckpoint.MetadataKey.model] == nil
      ? try ModelConfiguration(
        inferredFrom: { state.shape(of: $0) }, kind: kind, heads: heads, file: file.path)
      : try file.metadata(TrainingCheckpoint.MetadataKey.model, as: ModelConfiguration.self)
    configuration =
      file.metadata[TrainingCheckpoint.MetadataKey.configuration] == nil
      ? RunConfiguration(for: sizes)
      : try TrainingCheckpoint.configuration(of: file)
    latentOrigin = try Self.latentOrigin(of: file)
    let source = CheckpointParameters(state)
    model = try configuration.inForwardTime(try sizes.makeModel(from: source))
    try source.expectAllRead()
  }

  /// Reads the weights of a file into the model that a configuration describes.
  ///
  /// - Parameters:
  ///   - path: A safetensors or PyTorch file.
  ///   - weights: Which weights to use.
  ///   - configuration: The model, and how it is sampled.
  ///   - adapter: Low-rank adapters that the weights take.
  /// - Throws: ``ConfigurationError``, `CheckpointError` or `ModelConfigurationError` that names what
  ///   does not fit.
  public init(
    contentsOf path: String, weights: WeightsChoice = .auto, as configuration: RunConfiguration,
    adapter: AdapterUse? = nil
  ) throws {
    self.configuration = configuration
    sizes = try configuration.model.resolved()
    try configuration.checkStart(from: path, sizes: sizes)
    let file = try CheckpointFormat.open(path)
    latentOrigin = try Self.latentOrigin(of: file)
    let tensors = StateDict(file)
    (self.weights, self.adapter) = (tensors.resolved(weights), adapter)
    let source = CheckpointParameters(
      try tensors.weights(weights).network(of: file, taking: adapter))
    model = try configuration.inForwardTime(try sizes.makeModel(from: source))
    try source.expectAllRead()
  }

  private static func latentOrigin(of file: any TensorFile) throws -> LatentOrigin? {
    let key = TrainingCheckpoint.MetadataKey.latents
    return file.metadata[key] == nil ? nil : try file.metadata(key, as: LatentOrigin.self)
  }
}

extension StateDict {
  /// The weights of a network by its own keys, with all adapters merged.
  fileprivate func network(
    of file: any TensorFile, taking adapter: AdapterUse?
  ) throws -> StateDict {
    let network = try mergingAdapters(of: file)
    try network.expectNetwork()
    return try adapter.map { try $0.folder.merged(into: network, strength: $0.strength) } ?? network
  }
}

extension RunConfiguration {
  /// The defaults for a model of given sizes, as its own code samples its released files.
  public init(for sizes: ModelConfiguration) {
    self.init()
    model = ModelSection(sizes)
    takeDefaults(of: sizes.kind)
    // SiT and DiT guide three of their four channels.
    if [.sit, .dit].contains(sizes.kind), sizes.sampleShape[0] == 4 { guidance.channels = 3 }
    if sizes.kind == .repa { sampler.quantize = Quantization.repa.rawValue }
  }

  /// The defaults of a network over latents of 256-pixel images.
  public init(_ kind: ModelKind) {
    self.init()
    model = ModelSection(kind)
    takeDefaults(of: kind)
  }

  /// Takes the settings in which a network's own code differs from SiT's.
  private mutating func takeDefaults(of kind: ModelKind) {
    switch kind {
    case .dit: (sampler.mode, sampler.numSteps) = ("DDPM", 250)
    case .repa: (training.projCoeff, sampler.quantize) = (0.5, "repa")
    case .sit, .lightningDiT, .ditDH: break
    }
  }
}

/// Everything that a training run is told, with its defaults: the root of a configuration file.
///
/// The keys follow RAE's YAML where it has them; `configs/` shows each with its meaning.
public struct RunConfiguration: Codable, Equatable, Sendable {
  /// The network.
  public var model = ModelSection()
  /// What it is trained on.
  public var data = DataSection()
  /// The autoencoder of models of latents.
  public var autoencoder = AutoencoderSettings()
  /// The path between noise and data.
  public var transport = TransportSection()
  /// The slowed interpolation of MixFlow.
  public var mixflow = MixFlowSection()
  /// The optimization.
  public var training = TrainingSection()
  /// Low-rank adapters that are trained in place of the weights.
  public var lora = LoRASection()
  /// The loss on held-out data.
  public var validation = ValidationSection()
  /// How several processes share the training.
  public var distributed = DistributedSection()
  /// How images are sampled, during training and after.
  public var sampler = SamplerSection()
  /// The guidance of samples.
  public var guidance = GuidanceSection()

  /// Creates the default configuration.
  public init() {}
}

import MixFlowCheckpoint
import MixFlowModels

/// A model read from a file for sampling: a training checkpoint or a bare state dict.
public struct ModelCheckpoint {
  /// The model with the weights that were asked for.
  public let model: SiT
  /// The configuration that the file carries, or the defaults with the model's sizes.
  public let configuration: RunConfiguration

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: A safetensors or PyTorch file.
  ///   - weights: Which weights to use.
  ///   - heads: The number of attention heads, where neither the file's header nor the width tells.
  /// - Throws: `CheckpointError` or `ModelConfigurationError` that names what does not fit.
  public init(contentsOf path: String, weights: WeightsChoice = .auto, heads: Int? = nil) throws {
    let file = try CheckpointFormat.open(path)
    let state = try StateDict(file).weights(weights)
    let sizes =
      file.metadata[TrainingCheckpoint.MetadataKey.model] == nil
      ? try SiTConfiguration(inferredFrom: { state.shape(of: $0) }, heads: heads, file: path)
      : try file.metadata(TrainingCheckpoint.MetadataKey.model, as: SiTConfiguration.self)
    configuration =
      file.metadata[TrainingCheckpoint.MetadataKey.configuration] == nil
      ? RunConfiguration(for: sizes)
      : try TrainingCheckpoint.configuration(of: file)
    let source = CheckpointParameters(state)
    model = try SiT(sizes, from: source)
    try source.expectAllRead()
  }
}

extension RunConfiguration {
  /// The defaults for a model of given sizes, as SiT samples its released files.
  public init(for sizes: SiTConfiguration) {
    self.init()
    model.inputSize = sizes.inputSize
    model.patchSize = sizes.patchSize
    model.inChannels = sizes.inChannels
    model.hiddenSize = sizes.width
    model.depth = sizes.depth
    model.numHeads = sizes.heads
    model.mlpRatio = sizes.mlpRatio
    model.numClasses = sizes.classCount
    model.classDropoutProb = sizes.hasNullClass ? model.classDropoutProb : 0
    model.learnSigma = sizes.learnSigma
    if sizes.inChannels == 4 { guidance.channels = 3 }
  }
}

/// The network: a published size by name, or sizes of its own.
public struct ModelSection: Codable, Equatable, Sendable {
  /// A published name such as `SiT-XL/2`, which sets patch, width, depth and heads; null to set them.
  @Nullable public var name: String?
  /// The side of the input.
  public var inputSize = 32
  /// The side of a patch.
  public var patchSize = 2
  /// The channels of the input.
  public var inChannels = 4
  /// The width of a token.
  public var hiddenSize = 384
  /// The number of blocks.
  public var depth = 12
  /// The number of attention heads.
  public var numHeads = 6
  /// The hidden width of feed-forward layers over the width.
  public var mlpRatio = 4
  /// The number of classes.
  public var numClasses = 1000
  /// The share of labels dropped in training; above 0 the model has a null class and can be guided.
  public var classDropoutProb = 0.1
  /// Whether the last layer predicts twice the channels, as SiT's released models do.
  public var learnSigma = true

  enum CodingKeys: String, CodingKey {
    case name
    case inputSize = "input_size"
    case patchSize = "patch_size"
    case inChannels = "in_channels"
    case hiddenSize = "hidden_size"
    case depth
    case numHeads = "num_heads"
    case mlpRatio = "mlp_ratio"
    case numClasses = "num_classes"
    case classDropoutProb = "class_dropout_prob"
    case learnSigma = "learn_sigma"
  }

  /// Creates the section of a SiT-S/2 on latents of 256-pixel images.
  public init() {}
}

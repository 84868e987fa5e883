import MixFlowModels

/// The network: a published size by name, or sizes of its own.
///
/// The keys are those of the upstream constructors. Options of other networks than ``type`` must be
/// left as they are.
public struct ModelSection: Codable, Equatable, Sendable {
  /// `SiT`, `DiT`, `REPA`, `LightningDiT` or `DiT-DH`.
  public var type = ModelKind.sit.rawValue
  /// A published name such as `SiT-XL/2`, which sets patch, width, depth and heads; null to set them.
  @Nullable public var name: String?
  /// The checkpoint that training starts from and that is sampled, where the command names none.
  @Nullable public var ckpt: String?
  /// The side of the input.
  public var inputSize = 32
  /// The side of a patch.
  public var patchSize = 2
  /// The channels of the input.
  public var inChannels = 4
  /// The width of a token.
  public var hiddenSize: StageSizes = 384
  /// The number of blocks.
  public var depth: StageSizes = 12
  /// The number of attention heads.
  public var numHeads: StageSizes = 6
  /// The hidden width of feed-forward layers over the width.
  public var mlpRatio = 4
  /// The number of classes.
  public var numClasses = 1000
  /// The share of labels dropped in training; above 0 the model has a null class and can be guided.
  public var classDropoutProb = 0.1
  /// Whether the last layer predicts twice the channels, as SiT's released models do.
  public var learnSigma = true
  /// Whether queries and keys are normalised: REPA's `qk_norm`, LightningDiT's and DiT-DH's
  /// `use_qknorm`.
  public var useQKNorm = false
  /// Whether the feed-forward layers of LightningDiT and DiT-DH are gated.
  public var useSwiGLU = true
  /// Whether LightningDiT and DiT-DH turn queries and keys by their positions.
  public var useRoPE = true
  /// Whether LightningDiT and DiT-DH normalise by RMSNorm instead of LayerNorm.
  public var useRMSNorm = true
  /// Whether adaLN of LightningDiT and DiT-DH has no shift, which crashes upstream.
  public var woShift = false
  /// Whether DiT-DH has a position table.
  public var usePosEmbed = true
  /// Whether LightningDiT and DiT-DH train their position table.
  public var trainPosEmbed = false
  /// Whether LightningDiT and DiT-DH train the frequencies of their time embedding.
  public var trainFourier = false
  /// REPA's block, from 1, whose tokens are aligned to the encoder's.
  public var encoderDepth = 8
  /// The widths of the encoders that REPA aligns to.
  public var zDims = [768]
  /// The hidden width of REPA's projectors.
  public var projectorDim = 2048

  enum CodingKeys: String, CodingKey {
    case type
    case name
    case ckpt
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
    case useQKNorm = "use_qknorm"
    case useSwiGLU = "use_swiglu"
    case useRoPE = "use_rope"
    case useRMSNorm = "use_rmsnorm"
    case woShift = "wo_shift"
    case usePosEmbed = "use_pos_embed"
    case trainPosEmbed = "train_pos_embed"
    case trainFourier = "train_fourier"
    case encoderDepth = "encoder_depth"
    case zDims = "z_dims"
    case projectorDim = "projector_dim"
  }

  /// Creates the section of a SiT-S/2 on latents of 256-pixel images.
  public init() {}

  /// Creates the defaults of a network: its sizes over latents of 256-pixel images.
  public init(_ kind: ModelKind) {
    type = kind.rawValue
    switch kind {
    case .sit, .dit: break
    case .repa:
      learnSigma = false
      // S crashes upstream.
      (hiddenSize, depth, numHeads) = (768, 12, 12)
    case .lightningDiT: self = ModelSection(.lightningDiT(LightningDiTConfiguration()))
    case .ditDH: self = ModelSection(.ditDH(DiTDHConfiguration()))
    }
  }
}

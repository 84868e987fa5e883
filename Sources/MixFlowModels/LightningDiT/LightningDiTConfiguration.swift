/// The sizes and options of a LightningDiT (Yao et al., 2025; RAE `stage2/models/lightningDiT.py`).
///
/// The defaults are RAE's, those of an XL over RAE latents of 256 pixels.
public struct LightningDiTConfiguration: Codable, Equatable, Sendable {
  /// The side of the square input, in latent pixels.
  public var inputSize = 16
  /// The side of a patch, a divisor of `inputSize`.
  public var patchSize = 1
  /// The channels of the input.
  public var inChannels = 768
  /// The width of a token, a multiple of 4 and of `heads`.
  public var width = 1152
  /// The number of blocks.
  public var depth = 28
  /// The number of attention heads.
  public var heads = 16
  /// The hidden width of the feed-forward layers as a multiple of `width`; SwiGLU takes two thirds.
  public var mlpRatio = 4
  /// The share of labels that training replaces by the null class; at 0 the model has none.
  public var classDropoutProbability = 0.1
  /// The number of classes, the null class not counted.
  public var classCount = 1000
  /// Whether the last layer predicts twice the channels; the second half is not used.
  public var learnSigma = false
  /// Whether queries and keys are normalised.
  public var usesQKNorm = false
  /// Whether the feed-forward layers are SwiGLU instead of GELU.
  public var usesSwiGLU = true
  /// Whether queries and keys are turned by their positions.
  public var usesRoPE = true
  /// Whether normalisations are RMSNorm instead of LayerNorm.
  public var usesRMSNorm = true
  /// Whether adaLN has no shifts; upstream crashes with it, so it must be false.
  public var withoutShift = false
  /// Whether the position table is trained: RAE's main branch trains it, its branch
  /// `deprecated-gpu`, on which MixFlow was built, does not.
  public var trainsPositions = false
  /// Whether the Fourier frequencies `t_embedder.W` are trained; the branches differ in the same way.
  public var trainsFrequencies = false

  enum CodingKeys: String, CodingKey, CaseIterable {
    case inputSize = "input_size"
    case patchSize = "patch_size"
    case inChannels = "in_channels"
    case width = "hidden_size"
    case depth
    case heads = "num_heads"
    case mlpRatio = "mlp_ratio"
    case classDropoutProbability = "class_dropout_prob"
    case classCount = "num_classes"
    case learnSigma = "learn_sigma"
    case usesQKNorm = "use_qknorm"
    case usesSwiGLU = "use_swiglu"
    case usesRoPE = "use_rope"
    case usesRMSNorm = "use_rmsnorm"
    case withoutShift = "wo_shift"
    case trainsPositions = "train_pos_embed"
    case trainsFrequencies = "train_fourier"
  }

  /// Creates the defaults; ``validate()`` checks what is set after.
  public init() {}

  /// Reads options; those that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let values = DefaultedOptions(try decoder.container(keyedBy: CodingKeys.self))
    try values.read(.inputSize, into: &inputSize)
    try values.read(.patchSize, into: &patchSize)
    try values.read(.inChannels, into: &inChannels)
    try values.read(.width, into: &width)
    try values.read(.depth, into: &depth)
    try values.read(.heads, into: &heads)
    try values.read(.mlpRatio, into: &mlpRatio)
    try values.read(.classDropoutProbability, into: &classDropoutProbability)
    try values.read(.classCount, into: &classCount)
    try values.read(.learnSigma, into: &learnSigma)
    try values.read(.usesQKNorm, into: &usesQKNorm)
    try values.read(.usesSwiGLU, into: &usesSwiGLU)
    try values.read(.usesRoPE, into: &usesRoPE)
    try values.read(.usesRMSNorm, into: &usesRMSNorm)
    try values.read(.withoutShift, into: &withoutShift)
    try values.read(.trainsPositions, into: &trainsPositions)
    try values.read(.trainsFrequencies, into: &trainsFrequencies)
  }

  /// Refuses sizes that do not fit together, and options with which upstream crashes.
  public func validate() throws(ModelConfigurationError) {
    try ModelOption.check([
      (.inputSize, inputSize), (.patchSize, patchSize), (.inChannels, inChannels), (.width, width),
      (.depth, depth), (.heads, heads), (.mlpRatio, mlpRatio), (.classCount, classCount),
    ])
    guard inputSize % patchSize == 0 else {
      throw ModelConfigurationError(
        key: "patch_size", problem: "is \(patchSize), which does not divide input_size \(inputSize)"
      )
    }
    try ModelOption.check(width: width, heads: heads, hasPositions: true, isRotary: usesRoPE)
    try ModelOption.check(classDropoutProbability: classDropoutProbability)
    try ModelOption.check(withoutShift: withoutShift)
  }
}

extension LightningDiTConfiguration {
  /// Whether the label table has a row for the null class.
  public var hasNullClass: Bool { classDropoutProbability > 0 }
  /// The label that stands for no class.
  public var nullClass: Int? { hasNullClass ? classCount : nil }
  /// Tokens on a side.
  public var grid: Int { inputSize / patchSize }
  /// The number of tokens.
  public var tokens: Int { grid * grid }
  /// The channels that the last layer predicts.
  public var outChannels: Int { learnSigma ? 2 * inChannels : inChannels }

  var normalization: NormalizationKind { usesRMSNorm ? .rms : .layer }

  var block: TransformerBlock.Options {
    TransformerBlock.Options(
      width: width, heads: heads, mlpRatio: mlpRatio, normalization: normalization,
      normalizesQueriesAndKeys: usesQKNorm, isGated: usesSwiGLU)
  }

  var patchOutputs: Int { patchSize * patchSize * outChannels }

  /// The number of parameters, the position table and the Fourier frequencies included.
  public var parameterCount: Int {
    let patches = (inChannels * patchSize * patchSize + 1) * width
    let labels = (classCount + (hasNullClass ? 1 : 0)) * width
    let last = FinalLayer.parameterCount(
      width: width, outputs: patchOutputs, normalization: normalization)
    return tokens * width + patches + FourierEmbedder.parameterCount(width: width) + labels
      + depth * block.parameterCount + last
  }

  /// Creates the configuration of a size: `LightningDiT-XL/1` is published, S, B and L are SiT's.
  ///
  /// - Parameters:
  ///   - name: A name such as `LightningDiT-XL/1`; the prefix may be left out.
  ///   - inputSize: The side of the latent: 16 for images of 256 pixels, 32 for 512.
  /// - Throws: ``ModelConfigurationError`` for another name.
  public init(named name: String, inputSize: Int = 16) throws(ModelConfigurationError) {
    let size = name.replacing("LightningDiT-", with: "")
    guard let size = SiTSize.allCases.first(where: { "\($0.rawValue)/1" == size }) else {
      let known = SiTSize.allCases.map { "LightningDiT-\($0.rawValue)/1" }
      throw ModelConfigurationError(
        key: "model", problem: "is '\(name)'; known: \(known.joined(separator: ", "))")
    }
    self.init()
    self.inputSize = inputSize
    (width, depth, heads) = (size.width, size.depth, size.heads)
  }
}

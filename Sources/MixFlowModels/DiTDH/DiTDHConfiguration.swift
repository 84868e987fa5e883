/// The sizes of one of DiT-DH's two stages.
public struct DiTDHStage: Equatable, Sendable {
  /// The width of a token, a multiple of 4 and of `heads`.
  public var width: Int
  /// The number of blocks.
  public var depth: Int
  /// The number of attention heads.
  public var heads: Int

  /// Creates a stage.
  public init(width: Int, depth: Int, heads: Int) {
    self.width = width
    self.depth = depth
    self.heads = heads
  }
}

/// The sizes and options of a DiT-DH, a deep encoder with a wide, shallow head (Zheng et al., 2025;
/// RAE `stage2/models/DDT.py`, `DiTwDDTHead`).
///
/// The defaults are those of the XL over RAE latents of 256 pixels.
public struct DiTDHConfiguration: Equatable, Sendable {
  /// The side of the square input, in latent pixels.
  public var inputSize = 16
  /// The side of a patch; upstream crashes unless it is 1.
  public var patchSize = 1
  /// The channels of the input.
  public var inChannels = 768
  /// The stage that makes each token's conditioning.
  public var encoder = DiTDHStage(width: 1152, depth: 28, heads: 16)
  /// The stage that predicts from it, the head.
  public var decoder = DiTDHStage(width: 2048, depth: 2, heads: 16)
  /// The hidden width of the feed-forward layers as a multiple of the width; SwiGLU takes two thirds.
  public var mlpRatio = 4
  /// The share of labels that training replaces by the null class; at 0 the model has none.
  public var classDropoutProbability = 0.1
  /// The number of classes, the null class not counted.
  public var classCount = 1000
  /// Whether queries and keys are normalised.
  public var usesQKNorm = false
  /// Whether the feed-forward layers are SwiGLU instead of GELU.
  public var usesSwiGLU = true
  /// Whether queries and keys are turned by their positions; upstream crashes unless they are.
  public var usesRoPE = true
  /// Whether normalisations are RMSNorm instead of LayerNorm.
  public var usesRMSNorm = true
  /// Whether adaLN has no shifts; upstream crashes with it, so it must be false.
  public var withoutShift = false
  /// Whether the encoder's tokens have a position table.
  public var usesPositions = true
  /// Whether the position table is trained: RAE's main branch trains it, its branch
  /// `deprecated-gpu`, on which MixFlow was built, does not.
  public var trainsPositions = false
  /// Whether the Fourier frequencies `t_embedder.W` are trained; the branches differ in the same way.
  public var trainsFrequencies = false

  /// Creates the defaults; ``validate()`` checks what is set after.
  public init() {}

  /// Refuses sizes that do not fit together, and options with which upstream crashes.
  public func validate() throws(ModelConfigurationError) {
    for stage in [encoder, decoder] {
      try ModelOption.check([
        (.inputSize, inputSize), (.patchSize, patchSize), (.inChannels, inChannels),
        (.width, stage.width), (.depth, stage.depth), (.heads, stage.heads), (.mlpRatio, mlpRatio),
        (.classCount, classCount),
      ])
    }
    guard patchSize == 1 else {
      throw ModelConfigurationError(
        key: "patch_size", problem: "is \(patchSize), where upstream crashes; set it to 1")
    }
    guard usesRoPE else {
      throw ModelConfigurationError(
        key: "use_rope", problem: "is false, where upstream crashes; set it to true")
    }
    try ModelOption.check(
      width: encoder.width, heads: encoder.heads, hasPositions: usesPositions, isRotary: true)
    try ModelOption.check(
      width: decoder.width, heads: decoder.heads, hasPositions: false, isRotary: true)
    try ModelOption.check(classDropoutProbability: classDropoutProbability)
    try ModelOption.check(withoutShift: withoutShift)
  }
}

/// The sizes and options of a SiT or DiT (Ma et al., 2024; Peebles and Xie, 2023).
public struct SiTConfiguration: Codable, Equatable, Sendable {
  /// The side of the square input, in latent (or image) pixels.
  public var inputSize: Int
  /// The side of a patch, a divisor of `inputSize`.
  public var patchSize: Int
  /// The channels of the input.
  public var inChannels: Int
  /// The width of a token, a multiple of 4 and of `heads`.
  public var width: Int
  /// The number of blocks.
  public var depth: Int
  /// The number of attention heads.
  public var heads: Int
  /// The hidden width of the feed-forward layers, as a multiple of `width`.
  public var mlpRatio: Int
  /// The number of classes, the null class not counted.
  public var classCount: Int
  /// Whether the label table has a row for the null class, as models trained with label dropout do.
  public var hasNullClass: Bool
  /// Whether the last layer predicts twice the channels; SiT does not use the second half.
  public var learnSigma: Bool

  enum CodingKeys: String, CodingKey {
    case inputSize = "input_size"
    case patchSize = "patch_size"
    case inChannels = "in_channels"
    case width = "hidden_size"
    case depth
    case heads = "num_heads"
    case mlpRatio = "mlp_ratio"
    case classCount = "num_classes"
    case hasNullClass = "null_class"
    case learnSigma = "learn_sigma"
  }

  /// Creates a configuration; ``validate()`` checks it.
  public init(
    inputSize: Int, patchSize: Int, inChannels: Int = 4, width: Int, depth: Int, heads: Int,
    mlpRatio: Int = 4, classCount: Int = 1000, hasNullClass: Bool = true, learnSigma: Bool = true
  ) {
    self.inputSize = inputSize
    self.patchSize = patchSize
    self.inChannels = inChannels
    self.width = width
    self.depth = depth
    self.heads = heads
    self.mlpRatio = mlpRatio
    self.classCount = classCount
    self.hasNullClass = hasNullClass
    self.learnSigma = learnSigma
  }

  /// The label that stands for no class.
  public var nullClass: Int? { hasNullClass ? classCount : nil }
  /// The shape of one sample, `[C, H, W]`.
  public var sampleShape: [Int] { [inChannels, inputSize, inputSize] }
  /// Tokens on a side.
  public var grid: Int { inputSize / patchSize }
  /// The number of tokens.
  public var tokens: Int { grid * grid }
  /// The channels that the last layer predicts.
  public var outChannels: Int { learnSigma ? 2 * inChannels : inChannels }

  /// The number of parameters, the fixed position table included.
  public var parameterCount: Int {
    let patch = patchSize * patchSize
    let embedders =
      tokens * width + width * inChannels * patch + width + 256 * width + width + width * width
      + width + (classCount + (hasNullClass ? 1 : 0)) * width
    let hidden = mlpRatio * width
    let attention = 4 * width * width + 4 * width
    let mlp = 2 * width * hidden + hidden + width
    let block = attention + mlp + 6 * width * width + 6 * width
    let last = patch * outChannels * (width + 1) + 2 * width * width + 2 * width
    return embedders + depth * block + last
  }

  /// Refuses sizes that do not fit together.
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
    try ModelOption.check(width: width, heads: heads, hasPositions: true, isRotary: false)
  }
}

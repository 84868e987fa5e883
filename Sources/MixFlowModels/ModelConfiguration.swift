import MixFlowTensor

/// The sizes and options of a model of any kind.
public enum ModelConfiguration: Equatable, Sendable {
  /// A SiT.
  case sit(SiTConfiguration)
  /// A DiT.
  case dit(SiTConfiguration)
  /// REPA's SiT.
  case repa(REPASiTConfiguration)
  /// RAE's LightningDiT.
  case lightningDiT(LightningDiTConfiguration)
  /// RAE's DiT-DH.
  case ditDH(DiTDHConfiguration)

  /// Builds the model.
  ///
  /// - Parameter source: Where the values of the parameters come from.
  /// - Returns: The model, whose times are those of its own code.
  /// - Throws: ``ModelConfigurationError``, or what the source throws.
  public func makeModel(from source: any ParameterSource) throws -> any ClassConditionalModel {
    switch self {
    case .sit(let sizes): try SiT(sizes, from: source)
    case .dit(let sizes): try DiT(sizes, from: source)
    case .repa(let sizes): try REPASiT(sizes, from: source)
    case .lightningDiT(let sizes): try LightningDiT(sizes, from: source)
    case .ditDH(let sizes): try DiTDH(sizes, from: source)
    }
  }

  /// Refuses sizes that do not fit together, and options with which upstream crashes.
  public func validate() throws(ModelConfigurationError) {
    switch self {
    case .sit(let sizes), .dit(let sizes): try sizes.validate()
    case .repa(let sizes): try sizes.validate()
    case .lightningDiT(let sizes): try sizes.validate()
    case .ditDH(let sizes): try sizes.validate()
    }
  }

  /// Which network it is.
  public var kind: ModelKind {
    switch self {
    case .sit: .sit
    case .dit: .dit
    case .repa: .repa
    case .lightningDiT: .lightningDiT
    case .ditDH: .ditDH
    }
  }

  /// The number of parameters, fixed tables included.
  public var parameterCount: Int {
    switch self {
    case .sit(let sizes), .dit(let sizes): sizes.parameterCount
    case .repa(let sizes): sizes.parameterCount
    case .lightningDiT(let sizes): sizes.parameterCount
    case .ditDH(let sizes): sizes.parameterCount
    }
  }

  /// The shape of one sample, `[C, H, W]`.
  public var sampleShape: [Int] {
    switch self {
    case .sit(let sizes), .dit(let sizes): sizes.sampleShape
    case .repa(let sizes): sizes.transformer.sampleShape
    case .lightningDiT(let sizes): [sizes.inChannels, sizes.inputSize, sizes.inputSize]
    case .ditDH(let sizes): [sizes.inChannels, sizes.inputSize, sizes.inputSize]
    }
  }

  /// The number of classes, the null class not counted.
  public var classCount: Int {
    switch self {
    case .sit(let sizes), .dit(let sizes): sizes.classCount
    case .repa(let sizes): sizes.transformer.classCount
    case .lightningDiT(let sizes): sizes.classCount
    case .ditDH(let sizes): sizes.classCount
    }
  }

  /// Whether there is a label that stands for no class, so that samples can be guided.
  public var hasNullClass: Bool {
    switch self {
    case .sit(let sizes), .dit(let sizes): sizes.hasNullClass
    case .repa(let sizes): sizes.transformer.hasNullClass
    case .lightningDiT(let sizes): sizes.hasNullClass
    case .ditDH(let sizes): sizes.hasNullClass
    }
  }

  /// The number of tokens of a sample.
  public var tokens: Int {
    switch self {
    case .sit(let sizes), .dit(let sizes): sizes.tokens
    case .repa(let sizes): sizes.transformer.tokens
    case .lightningDiT(let sizes): sizes.tokens
    case .ditDH(let sizes): sizes.tokens
    }
  }

  /// Blocks of one width, one after another.
  public struct Stage: Equatable, Sendable {
    /// The width of a token.
    public let width: Int
    /// The number of blocks.
    public let depth: Int
    /// The numbers that the first layer of the MLP makes of a token, gates included.
    public let hidden: Int
    /// Whether every token has a modulation of its own.
    public let isModulatedByToken: Bool
  }

  /// The blocks, from the first to the last.
  public var stages: [Stage] {
    func stage(_ width: Int, _ depth: Int, ratio: Int, isGated: Bool, byToken: Bool = false)
      -> Stage
    {
      let hidden = FeedForward.hiddenWidth(width: width, ratio: ratio, isGated: isGated)
      return Stage(
        width: width, depth: depth, hidden: isGated ? 2 * hidden : hidden,
        isModulatedByToken: byToken)
    }
    return switch self {
    case .sit(let sizes), .dit(let sizes):
      [stage(sizes.width, sizes.depth, ratio: sizes.mlpRatio, isGated: false)]
    case .repa(let sizes):
      [
        stage(
          sizes.transformer.width, sizes.transformer.depth, ratio: sizes.transformer.mlpRatio,
          isGated: false)
      ]
    case .lightningDiT(let sizes):
      [stage(sizes.width, sizes.depth, ratio: sizes.mlpRatio, isGated: sizes.usesSwiGLU)]
    case .ditDH(let sizes):
      [
        stage(
          sizes.encoder.width, sizes.encoder.depth, ratio: sizes.mlpRatio, isGated: sizes.usesSwiGLU
        ),
        stage(
          sizes.decoder.width, sizes.decoder.depth, ratio: sizes.mlpRatio,
          isGated: sizes.usesSwiGLU,
          byToken: true),
      ]
    }
  }
}

extension ModelConfiguration: Codable {
  private enum CodingKeys: String, CodingKey {
    case kind
    case options
  }

  /// Reads a kind and its options; options without a kind are a SiT's.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    guard let kind = try values.decodeIfPresent(ModelKind.self, forKey: .kind) else {
      self = .sit(try SiTConfiguration(from: decoder))
      return
    }
    func options<Value: Decodable>() throws -> Value {
      try values.decode(Value.self, forKey: .options)
    }
    self =
      switch kind {
      case .sit: .sit(try options())
      case .dit: .dit(try options())
      case .repa: .repa(try options())
      case .lightningDiT: .lightningDiT(try options())
      case .ditDH: .ditDH(try options())
      }
  }

  /// Writes the kind and its options.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(kind, forKey: .kind)
    switch self {
    case .sit(let sizes), .dit(let sizes): try values.encode(sizes, forKey: .options)
    case .repa(let sizes): try values.encode(sizes, forKey: .options)
    case .lightningDiT(let sizes): try values.encode(sizes, forKey: .options)
    case .ditDH(let sizes): try values.encode(sizes, forKey: .options)
    }
  }
}

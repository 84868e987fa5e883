extension DiTDHConfiguration: Codable {
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
    case usesQKNorm = "use_qknorm"
    case usesSwiGLU = "use_swiglu"
    case usesRoPE = "use_rope"
    case usesRMSNorm = "use_rmsnorm"
    case withoutShift = "wo_shift"
    case usesPositions = "use_pos_embed"
    case trainsPositions = "train_pos_embed"
    case trainsFrequencies = "train_fourier"
  }

  /// Reads options; those that are left out have their defaults.
  ///
  /// Widths, depths and heads are pairs of the encoder's and the decoder's. As upstream, one number
  /// stands for two equal ones.
  public init(from decoder: any Decoder) throws {
    self.init()
    let values = DefaultedOptions(try decoder.container(keyedBy: CodingKeys.self))
    try values.read(.inputSize, into: &inputSize)
    var patches = StagePair(patchSize, patchSize)
    try values.read(.patchSize, into: &patches)
    patchSize = max(patches.encoder, patches.decoder)
    try values.read(.inChannels, into: &inChannels)
    try readStages(values)
    try values.read(.mlpRatio, into: &mlpRatio)
    try values.read(.classDropoutProbability, into: &classDropoutProbability)
    try values.read(.classCount, into: &classCount)
    try values.read(.usesQKNorm, into: &usesQKNorm)
    try values.read(.usesSwiGLU, into: &usesSwiGLU)
    try values.read(.usesRoPE, into: &usesRoPE)
    try values.read(.usesRMSNorm, into: &usesRMSNorm)
    try values.read(.withoutShift, into: &withoutShift)
    try values.read(.usesPositions, into: &usesPositions)
    try values.read(.trainsPositions, into: &trainsPositions)
    try values.read(.trainsFrequencies, into: &trainsFrequencies)
  }

  private mutating func readStages(_ values: DefaultedOptions<CodingKeys>) throws {
    var widths = StagePair(encoder.width, decoder.width)
    var depths = StagePair(encoder.depth, decoder.depth)
    var heads = StagePair(encoder.heads, decoder.heads)
    try values.read(.width, into: &widths)
    try values.read(.depth, into: &depths)
    try values.read(.heads, into: &heads)
    encoder = DiTDHStage(width: widths.encoder, depth: depths.encoder, heads: heads.encoder)
    decoder = DiTDHStage(width: widths.decoder, depth: depths.decoder, heads: heads.decoder)
  }

  /// Writes all options.
  public func encode(to encoder: any Encoder) throws {
    let (first, second) = (self.encoder, decoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(inputSize, forKey: .inputSize)
    try values.encode(patchSize, forKey: .patchSize)
    try values.encode(inChannels, forKey: .inChannels)
    try values.encode(StagePair(first.width, second.width), forKey: .width)
    try values.encode(StagePair(first.depth, second.depth), forKey: .depth)
    try values.encode(StagePair(first.heads, second.heads), forKey: .heads)
    try values.encode(mlpRatio, forKey: .mlpRatio)
    try values.encode(classDropoutProbability, forKey: .classDropoutProbability)
    try values.encode(classCount, forKey: .classCount)
    try values.encode(usesQKNorm, forKey: .usesQKNorm)
    try values.encode(usesSwiGLU, forKey: .usesSwiGLU)
    try values.encode(usesRoPE, forKey: .usesRoPE)
    try values.encode(usesRMSNorm, forKey: .usesRMSNorm)
    try values.encode(withoutShift, forKey: .withoutShift)
    try values.encode(usesPositions, forKey: .usesPositions)
    try values.encode(trainsPositions, forKey: .trainsPositions)
    try values.encode(trainsFrequencies, forKey: .trainsFrequencies)
  }
}

/// A number for each stage, written as a list of two.
private struct StagePair: Codable {
  let encoder: Int
  let decoder: Int

  init(_ encoder: Int, _ decoder: Int) {
    self.encoder = encoder
    self.decoder = decoder
  }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let both = try? value.decode(Int.self) {
      self.init(both, both)
      return
    }
    let pair = try value.decode([Int].self)
    guard pair.count == 2 else {
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "a number or a list of two is wanted, not of \(pair.count)")
    }
    self.init(pair[0], pair[1])
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode([self.encoder, decoder])
  }
}

extension DiTDHConfiguration {
  /// Whether the label table has a row for the null class.
  public var hasNullClass: Bool { classDropoutProbability > 0 }
  /// The label that stands for no class.
  public var nullClass: Int? { hasNullClass ? classCount : nil }
  /// The number of tokens.
  public var tokens: Int { inputSize * inputSize }

  var normalization: NormalizationKind { usesRMSNorm ? .rms : .layer }

  func block(of stage: DiTDHStage) -> TransformerBlock.Options {
    TransformerBlock.Options(
      width: stage.width, heads: stage.heads, mlpRatio: mlpRatio, normalization: normalization,
      normalizesQueriesAndKeys: usesQKNorm, isGated: usesSwiGLU, start: .uniform)
  }

  /// The number of parameters, the position table and the Fourier frequencies included.
  public var parameterCount: Int {
    let positions = usesPositions ? tokens * encoder.width : 0
    let embedders = (inChannels + 1) * (encoder.width + decoder.width)
    let projector = encoder.width == decoder.width ? 0 : (encoder.width + 1) * decoder.width
    let labels = (classCount + (hasNullClass ? 1 : 0)) * encoder.width
    let blocks = [encoder, decoder].reduce(0) { sum, stage in
      sum + stage.depth * block(of: stage).parameterCount
    }
    let last = FinalLayer.parameterCount(
      width: decoder.width, outputs: inChannels, normalization: normalization)
    return positions + embedders + projector
      + FourierEmbedder.parameterCount(width: encoder.width) + labels + blocks + last
  }

  /// Creates the configuration of a size: DiT-DH-XL and DiT-DH-S (its guide) are published, B and L
  /// have SiT's encoders with the same head.
  ///
  /// - Parameters:
  ///   - name: A name such as `DiT-DH-XL`; the prefix may be left out.
  ///   - inputSize: The side of the latent: 16 for images of 256 pixels, 32 for 512.
  /// - Throws: ``ModelConfigurationError`` for another name.
  public init(named name: String, inputSize: Int = 16) throws(ModelConfigurationError) {
    guard let size = SiTSize(rawValue: name.replacing("DiT-DH-", with: "")) else {
      let known = SiTSize.allCases.map { "DiT-DH-\($0.rawValue)" }.joined(separator: ", ")
      throw ModelConfigurationError(key: "model", problem: "is '\(name)'; known: \(known)")
    }
    self.init()
    self.inputSize = inputSize
    encoder = DiTDHStage(width: size.width, depth: size.depth, heads: size.heads)
  }
}

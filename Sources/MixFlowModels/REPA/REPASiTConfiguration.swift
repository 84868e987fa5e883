/// The sizes and options of REPA's SiT (Yu et al., 2025; sihyun-yu/REPA `models/sit.py`).
public struct REPASiTConfiguration: Codable, Equatable, Sendable {
  /// The sizes of the transformer; it never learns the variance.
  public var transformer: SiTConfiguration
  /// The width that the last layer is told; it works where it is that of the transformer.
  public var decoderWidth: Int
  /// The block, counted from 1, whose tokens are projected.
  public var encoderDepth: Int
  /// The width of the features of each encoder, one projector each.
  public var featureWidths: [Int]
  /// The hidden width of the projectors.
  public var projectorWidth: Int
  /// Whether attention normalises queries and keys, head by head.
  public var qkNorm: Bool

  enum CodingKeys: String, CodingKey {
    case transformer
    case decoderWidth = "decoder_hidden_size"
    case encoderDepth = "encoder_depth"
    case featureWidths = "z_dims"
    case projectorWidth = "projector_dim"
    case qkNorm = "qk_norm"
  }

  /// Creates a configuration; ``validate()`` checks it.
  ///
  /// - Parameters:
  ///   - transformer: The sizes of the transformer.
  ///   - decoderWidth: The width that the last layer is told, or nil for that of the transformer.
  ///   - encoderDepth: The block, counted from 1, whose tokens are projected.
  ///   - featureWidths: The widths of the encoders' features; DINOv2-B has 768.
  ///   - projectorWidth: The hidden width of the projectors.
  ///   - qkNorm: Whether attention normalises queries and keys.
  public init(
    _ transformer: SiTConfiguration, decoderWidth: Int? = nil, encoderDepth: Int = 8,
    featureWidths: [Int] = [768], projectorWidth: Int = 2048, qkNorm: Bool = false
  ) {
    self.transformer = transformer
    self.decoderWidth = decoderWidth ?? transformer.width
    self.encoderDepth = encoderDepth
    self.featureWidths = featureWidths
    self.projectorWidth = projectorWidth
    self.qkNorm = qkNorm
  }

  /// The number of parameters, the fixed position table included.
  public var parameterCount: Int {
    let (width, hidden) = (transformer.width, projectorWidth)
    let projectors = featureWidths.reduce(0) { sum, features in
      sum + (width + 1) * hidden + (hidden + 1) * hidden + (hidden + 1) * features
    }
    let norms = qkNorm ? transformer.depth * 4 * (width / transformer.heads) : 0
    return transformer.parameterCount + projectors + norms
  }

  /// Refuses options that do not fit together.
  public func validate() throws(ModelConfigurationError) {
    try transformer.validate()
    guard !transformer.learnSigma else {
      throw ModelConfigurationError(
        key: "learn_sigma",
        problem: "is true; REPA's SiT predicts the velocity alone, set it to false")
    }
    guard decoderWidth == transformer.width else {
      throw ModelConfigurationError(
        key: "decoder_hidden_size",
        problem: "is \(decoderWidth); the last layer takes tokens of hidden_size "
          + "\(transformer.width), set it to that")
    }
    guard 1...transformer.depth ~= encoderDepth else {
      throw ModelConfigurationError(
        key: "encoder_depth",
        problem: "is \(encoderDepth); it must be one of the \(transformer.depth) blocks, "
          + "in 1...\(transformer.depth)")
    }
    for width in featureWidths where !(1...65_536 ~= width) {
      throw ModelConfigurationError(
        key: "z_dims", problem: "has \(width); each width must be in 1...65536")
    }
    guard 1...65_536 ~= projectorWidth else {
      throw ModelConfigurationError(
        key: "projector_dim", problem: "is \(projectorWidth); it must be in 1...65536")
    }
  }
}

extension REPASiTConfiguration {
  /// Creates the configuration of a published model.
  ///
  /// - Parameters:
  ///   - name: A name such as `SiT-XL/2`; the prefix may be left out. Upstream's `SiT-S/*` are given
  ///     the decoder of another size and cannot run; they need `decoderWidth`.
  ///   - inputSize: The side of the latent.
  ///   - classCount: The number of classes.
  ///   - decoderWidth: The width that the last layer is told, or nil for upstream's.
  ///   - encoderDepth: The block, counted from 1, whose tokens are projected.
  ///   - featureWidths: The widths of the encoders' features.
  ///   - qkNorm: Whether attention normalises queries and keys.
  /// - Throws: ``ModelConfigurationError`` for a name that is not published, and for options that do
  ///   not fit together.
  public init(
    named name: String, inputSize: Int = 32, classCount: Int = 1000, decoderWidth: Int? = nil,
    encoderDepth: Int = 8, featureWidths: [Int] = [768], qkNorm: Bool = false
  ) throws(ModelConfigurationError) {
    let sizes = try SiTConfiguration(
      named: name, inputSize: inputSize, classCount: classCount, learnSigma: false)
    // Upstream gives L and XL a width of their own and leaves B's to the others.
    let upstream = max(sizes.width, SiTSize.base.width)
    self.init(
      sizes, decoderWidth: decoderWidth ?? upstream, encoderDepth: encoderDepth,
      featureWidths: featureWidths, qkNorm: qkNorm)
    try validate()
  }
}

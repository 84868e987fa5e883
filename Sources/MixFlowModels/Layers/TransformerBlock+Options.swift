extension TransformerBlock {
  /// The sizes and kinds of a block's layers; by default those of SiT.
  public struct Options: Sendable {
    /// The width of a token.
    public var width: Int
    /// The number of attention heads, a divisor of `width`.
    public var heads: Int
    /// The hidden width of the feed-forward layer, as a multiple of `width`; gates take a third off.
    public var mlpRatio: Int
    /// The normalisation of tokens, and of queries and keys.
    public var normalization: NormalizationKind
    /// Whether queries and keys are normalised.
    public var normalizesQueriesAndKeys: Bool
    /// Whether the feed-forward layer is SwiGLU.
    public var isGated: Bool
    /// How the linear layers start, those of adaLN excepted.
    public var start: Linear.Start

    /// Creates options.
    public init(
      width: Int, heads: Int, mlpRatio: Int = 4, normalization: NormalizationKind = .layer,
      normalizesQueriesAndKeys: Bool = false, isGated: Bool = false,
      start: Linear.Start = .xavierUniform
    ) {
      self.width = width
      self.heads = heads
      self.mlpRatio = mlpRatio
      self.normalization = normalization
      self.normalizesQueriesAndKeys = normalizesQueriesAndKeys
      self.isGated = isGated
      self.start = start
    }

    /// The number of parameters of a block.
    var parameterCount: Int {
      let hidden = FeedForward.hiddenWidth(width: width, ratio: mlpRatio, isGated: isGated)
      let feedForward = (width + 1) * hidden * (isGated ? 2 : 1) + (hidden + 1) * width
      let projections = (width + 1) * (3 + 1 + 6) * width
      let heads = normalizesQueriesAndKeys ? 2 * width / heads : 0
      return switch normalization {
      case .layer: projections + feedForward + 2 * heads
      case .rms: projections + feedForward + heads + 2 * width
      }
    }
  }
}

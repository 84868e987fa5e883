/// What a low-rank adapter `ΔW = s B A` of a linear layer is made of (LoRA, Hu et al., 2021).
public struct LowRankOptions: Equatable, Sendable {
  /// The rows of `A` and columns of `B`.
  public let rank: Int
  /// The factor `s`, which LoRA calls α / r.
  public let scale: Float

  /// Creates options.
  ///
  /// - Parameters:
  ///   - rank: At least 1.
  ///   - scale: A finite factor.
  public init(rank: Int, scale: Float) {
    precondition(rank > 0 && scale.isFinite, "an adapter of rank \(rank) and scale \(scale)")
    (self.rank, self.scale) = (rank, scale)
  }
}

/// The slowed interpolation of MixFlow (Li et al., 2025).
public struct MixFlowSection: Codable, Equatable, Sendable {
  /// The mixture range coefficient in `[0, 1]`, or null for plain training.
  @Nullable public var gamma: Double?
  /// `constant`, the paper's range `γ t`, or `vanishing` towards data, `γ t (1 − t)`.
  public var range = "constant"
  /// The time at which the velocity target is taken on curved paths, `t` or `m`.
  public var targetTime = "t"

  enum CodingKeys: String, CodingKey {
    case gamma
    case range
    case targetTime = "target_time"
  }

  /// Creates the section of plain training.
  public init() {}
}

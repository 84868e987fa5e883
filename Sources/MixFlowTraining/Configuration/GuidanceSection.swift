/// The guidance of samples away from the unconditional prediction.
public struct GuidanceSection: Codable, Equatable, Sendable {
  /// The full scale `s` of `uncond + s (cond − uncond)`; 1 is no guidance.
  public var scale = 1.0
  /// The first time with guidance, 0 being noise.
  public var tMin = 0.0
  /// The last time with guidance, 1 being data.
  public var tMax = 1.0
  /// The leading channels that are guided, or null for all; SiT and DiT guide 3 of 4.
  @Nullable public var channels: Int?

  enum CodingKeys: String, CodingKey {
    case scale
    case tMin = "t_min"
    case tMax = "t_max"
    case channels
  }

  /// Creates the section without guidance.
  public init() {}
}

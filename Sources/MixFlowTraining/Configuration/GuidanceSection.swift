/// The guidance of samples away from a worse prediction.
public struct GuidanceSection: Codable, Equatable, Sendable {
  /// `cfg`, away from the prediction without a class, or `autoguidance`, away from a worse model.
  public var method = "cfg"
  /// The full scale `s` of `worse + s (better − worse)`; 1 is no guidance.
  public var scale = 1.0
  /// The first time with guidance, 0 being noise.
  public var tMin = 0.0
  /// The last time with guidance, 1 being data.
  public var tMax = 1.0
  /// The leading channels that are guided, or null for all; SiT and DiT guide 3 of 4.
  @Nullable public var channels: Int?
  /// The checkpoint of the worse model, for autoguidance.
  @Nullable public var guide: String?

  enum CodingKeys: String, CodingKey {
    case method
    case scale
    case tMin = "t_min"
    case tMax = "t_max"
    case channels
    case guide
  }

  /// Creates the section without guidance.
  public init() {}
}

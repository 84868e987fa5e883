/// How far the parts of a run's state are ahead of its step.
///
/// All are 0 but for runs that took some parts of another run's state and not others.
public struct RunPositions: Codable, Equatable, Sendable {
  /// Updates that AdamW's moments have more, by which it corrects their bias.
  public var optimizer = 0
  /// Updates that the averages have more, by which they warm up.
  public var averages = 0
  /// Updates that the power-function averages have more, by which their memory grows.
  public var posthoc = 0
  /// Steps that the schedule of the learning rate is ahead.
  public var schedule = 0
  /// Samples that the order of the data is ahead.
  public var samples = 0

  /// Creates positions that are those of the step.
  public init() {}

  /// Reads positions, also those of a file that was written before there were some of them.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    optimizer = try values.decode(Int.self, forKey: .optimizer)
    averages = try values.decode(Int.self, forKey: .averages)
    posthoc = try values.decodeIfPresent(Int.self, forKey: .posthoc) ?? 0
    schedule = try values.decode(Int.self, forKey: .schedule)
    samples = try values.decode(Int.self, forKey: .samples)
  }
}

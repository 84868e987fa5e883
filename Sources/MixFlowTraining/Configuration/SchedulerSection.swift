/// The learning rate over time.
public struct SchedulerSection: Codable, Equatable, Sendable {
  /// `constant`, `linear` or `cosine`.
  public var type = "constant"
  /// The steps of the warm-up.
  public var warmupSteps = 0
  /// Whether the rate climbs from zero in the warm-up; else it holds.
  public var warmupFromZero = true
  /// The step at which the decay ends, or null for the last one.
  @Nullable public var decayEndSteps: Int?
  /// The rate after the decay.
  public var finalLR = 0.0

  enum CodingKeys: String, CodingKey {
    case type
    case warmupSteps = "warmup_steps"
    case warmupFromZero = "warmup_from_zero"
    case decayEndSteps = "decay_end_steps"
    case finalLR = "final_lr"
  }

  /// Creates a constant schedule.
  public init() {}
}

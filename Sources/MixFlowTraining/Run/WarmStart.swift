/// What a new run takes of a checkpoint besides its weights, and which faults it forgives.
public struct WarmStart: Equatable, Sendable {
  /// A part of a run's state in a training checkpoint.
  public enum Part: String, CaseIterable, Sendable {
    /// AdamW's moments and their count of updates.
    case optimizer
    /// The moving averages.
    case ema
    /// The number of steps made, by which files are named and `max_steps` counts.
    case step
    /// The place in the schedule of the learning rate.
    case schedule
    /// The place in the order of the data, whose noise and times go on as well.
    case data
  }

  /// Globs over parameters that are drawn afresh where the file lacks them or has another shape.
  public var allowMissing: [String]
  /// Globs over tensors of the file that the model lacks.
  public var allowUnused: [String]
  /// What is taken besides the weights.
  public var parts: Set<Part>

  /// Creates the options; by default weights alone are taken, and they must fit.
  public init(
    allowMissing: [String] = [], allowUnused: [String] = [], parts: Set<Part> = []
  ) {
    (self.allowMissing, self.allowUnused, self.parts) = (allowMissing, allowUnused, parts)
  }

  /// The weights that `auto` stands for: moments and averages belong to the raw ones.
  func weights(_ choice: WeightsChoice) -> WeightsChoice {
    choice == .auto && (parts.contains(.optimizer) || parts.contains(.ema)) ? .raw : choice
  }
}

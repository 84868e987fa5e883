/// What a run tells while it works.
public enum TrainingProgress: Equatable, Sendable {
  /// The metrics of some steps, and the seconds that the rest will take at this speed.
  case metrics(MetricsLog.Line, of: Int, secondsLeft: Double)
  /// The loss on held-out data.
  case validation(MetricsLog.ValidationLine)
  /// A picture file cannot be read, and another is taken in its place.
  case skipped(SkippedFile)
  /// A snapshot of the power-function averages is safe on disk.
  case snapshot(path: String)
  /// A checkpoint is safe on disk.
  case checkpoint(path: String)
  /// A step went wrong, and its batch is left out.
  case spike(MetricsLog.Event, reason: String)
  /// A grid of samples was written.
  case samples(path: String)
}

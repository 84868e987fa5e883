/// A guidance scale that differs inside some intervals of time, as RAE's LightningDiT has it.
///
/// It is the opposite of the `interval` of ``Guidance``: there guidance is off outside, here it is
/// off, or of another scale, inside. Give ``scale(at:)`` to ``ClassifierFreeGuidance`` or
/// ``AutoGuidance`` at each time.
public struct GuidanceSchedule: Hashable, Sendable {
  /// The scale outside all intervals; 1 is no guidance.
  public let scale: Double
  /// The scale inside an interval; 1 is no guidance.
  public let scaleInside: Double
  /// The intervals, each without its end.
  public let intervals: [Range<Double>]

  /// Makes a schedule.
  ///
  /// - Parameters:
  ///   - scale: The scale outside all intervals.
  ///   - scaleInside: The scale inside an interval (upstream's `interval_cfg`); up to 1 it is no
  ///     guidance.
  ///   - intervals: The intervals (upstream's `cfg_interval`), in the convention of the times that
  ///     will be asked for. Upstream's has data at 0.
  public init(scale: Double, scaleInside: Double = 1, intervals: [Range<Double>]) {
    self.scale = scale
    self.scaleInside = max(1, scaleInside)
    self.intervals = intervals
  }

  /// Returns the scale at a time.
  public func scale(at t: Double) -> Double {
    intervals.contains { $0.contains(t) } ? scaleInside : scale
  }
}

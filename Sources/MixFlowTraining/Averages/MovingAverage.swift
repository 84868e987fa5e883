/// A moving average of the parameters that is kept beside the first one.
public enum MovingAverage: Hashable, Codable, Sendable {
  /// One with this decay in the end, of `training.ema_decays`.
  case exponential(decay: Double)
  /// One whose memory grows with training, by its relative width in `training.posthoc_ema`; see
  /// ``PowerProfile``.
  case power(width: Double)
}

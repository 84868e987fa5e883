/// The loss on samples that training does not see.
public struct ValidationSection: Codable, Equatable, Sendable {
  /// Held-out data of the kinds of `data.path`, or null.
  @Nullable public var path: String?
  /// The part of them, `train` or `test`, where the folder has both.
  public var split = "train"
  /// The share of `data.path` that is held out from training, or null.
  @Nullable public var fraction: Double?
  /// Steps between measurements, or null for none; there is one before the first step of a new run
  /// and one after the last.
  @Nullable public var every: Int?
  /// The batches of `training.batch_size` samples of a measurement.
  public var batches = 4
  /// The equal intervals of t over which losses are told apart.
  public var bins = 10
  /// Whose loss it is: `ema`, `raw` or `both`.
  public var weights = "ema"

  /// Creates a section that measures nothing.
  public init() {}
}

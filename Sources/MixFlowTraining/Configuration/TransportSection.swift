/// The path between noise and data, and what the network predicts.
public struct TransportSection: Codable, Equatable, Sendable {
  /// `Linear`, `GVP` or `VP`.
  public var pathType = "Linear"
  /// `velocity`, `noise` or `score`.
  public var prediction = "velocity"
  /// `none`, `velocity` or `likelihood`; noise and score prediction use it.
  public var lossWeight = "none"
  /// The law of the training time: `uniform`, `logit-normal_<mean>_<deviation>` or `beta_2_1`.
  public var timeDistType = "uniform"
  /// The shift of times towards noise, at least 1.
  public var timeDistShift = 1.0
  /// The margin of training times, or null for the path's own.
  @Nullable public var trainEps: Double?
  /// The margin of sampling times, or null for the path's own.
  @Nullable public var sampleEps: Double?

  enum CodingKeys: String, CodingKey {
    case pathType = "path_type"
    case prediction
    case lossWeight = "loss_weight"
    case timeDistType = "time_dist_type"
    case timeDistShift = "time_dist_shift"
    case trainEps = "train_eps"
    case sampleEps = "sample_eps"
  }

  /// Creates the section of SiT: the linear path, velocity, uniform times.
  public init() {}
}

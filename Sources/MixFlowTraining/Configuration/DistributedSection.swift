/// How processes that were started together share a training; without effect on a single one, but for
/// `deterministic`.
public struct DistributedSection: Codable, Equatable, Sendable {
  /// What gradients are sent as: `float32`, or `bfloat16` for half the traffic.
  public var wire = "float32"
  /// The size in MiB of the gradients that are sent at once, while the backward pass goes on.
  public var bucketMiB = 32
  /// Whether the optimizer's state and the EMA are spread over the processes (ZeRO, stage 1).
  public var shardOptimizer = false
  /// Whether results have the same bits for any number of processes that is a power of two and divides
  /// `training.grad_accum_steps`; several micro-batches in one process then need the memory of a few
  /// more sets of gradients.
  public var deterministic = false

  enum CodingKeys: String, CodingKey {
    case wire
    case bucketMiB = "bucket_mib"
    case shardOptimizer = "shard_optimizer"
    case deterministic
  }

  /// Creates the section with its defaults.
  public init() {}
}

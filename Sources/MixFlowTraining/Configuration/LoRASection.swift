import MixFlowModels
import MixFlowTensor

/// Low-rank adapters that are trained in place of the weights (LoRA, Hu et al., 2021).
public struct LoRASection: Codable, Equatable, Sendable {
  /// The rank of the adapters, or null for none: all weights are trained.
  @Nullable public var rank: Int?
  /// The numerator of the scale α / rank, or null for the rank: a scale of 1.
  @Nullable public var alpha: Double?
  /// Globs over the names of linear layers that receive an adapter.
  public var targets = ["blocks.*.attn.*", "blocks.*.mlp.*"]

  /// Creates a section without adapters.
  public init() {}

  /// The adapters' options; nil for none.
  var options: LowRankOptions? {
    rank.map { LowRankOptions(rank: $0, scale: Float((alpha ?? Double($0)) / Double($0))) }
  }

  /// Checks the numbers; the patterns need the model's names.
  func validate(_ training: TrainingSection, for sizes: ModelConfiguration) throws {
    guard let rank else { return }
    let most = sizes.stages.map(\.width).min() ?? 1
    try require(
      1...most ~= rank, "lora.rank",
      "is \(rank); it must be from 1 to the model's width, \(most), or null for no adapters")
    if let alpha {
      try require(
        alpha > 0 && Float(alpha).isFinite, "lora.alpha",
        "is \(alpha); it must be positive, or null for the rank")
    }
    try require(!targets.isEmpty, "lora.targets", "is empty; name layers, or set lora.rank: null")
    try require(
      training.freeze.isEmpty, "training.freeze",
      "cannot go with lora.rank, which freezes all but its adapters; training.train_only names what "
        + "is trained beside them")
  }
}

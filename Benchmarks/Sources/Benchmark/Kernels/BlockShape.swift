/// The sizes that a transformer block works on in one of the benchmark's steps.
struct BlockShape {
  let model: String
  let batch: Int
  let tokens = 256
  let width: Int
  let heads: Int

  /// Those of the training rows of `scripts/benchmark`.
  static let all = [
    BlockShape(model: "S/2", batch: 8, width: 384, heads: 6),
    BlockShape(model: "B/2", batch: 8, width: 768, heads: 12),
    BlockShape(model: "XL/2", batch: 1, width: 1152, heads: 16),
  ]

  /// All tokens of the batch.
  var rows: Int { batch * tokens }
}

import MixFlowCheckpoint
import MixFlowTensor

extension Trainer {
  /// Writes a batch for inspection: `input` and `loss` as the network has them with
  /// the weights that are left, the times `t` and `m`, `labels`, and `indices` into the data.
  ///
  /// The batch is made and its losses are computed again, one micro-batch at a time, so that a group
  /// needs no exchange.
  ///
  /// - Parameters:
  ///   - number: Which batch, from 0.
  ///   - reason: Why the batch was left out.
  ///   - step: The step that it was for.
  ///   - path: The file to write.
  /// - Throws: `CheckpointError` when it cannot be written, and what ``BatchMaker/batch(at:count:)`` throws.
  func writeBatch(_ number: Int, reason: String, step: Int, to path: String) throws {
    var (input, losses): ([Tensor], [Float]) = ([], [])
    var (t, m, indices, labels): ([Float], [Float], [Int], [Int]) = ([], [], [], [])
    for piece in 0..<batchSize.pieces {
      let batch = try microBatches.batch(number, piece: piece)
      let answer = microBatches.predict(batch, on: nil)
      losses += batch.loss(answer.prediction).value.array
      input.append(batch.input)
      t += batch.times.map { Float($0.t) }
      m += batch.times.map { Float($0.m) }
      indices += batch.indices
      labels += batch.labels
    }
    let shape = [batchSize.total] + (input.first?.shape.dropFirst() ?? [])
    func floats(_ values: [Float]) -> StoredTensor {
      .float32(Tensor(values, shape: [values.count]))
    }
    var file = try SafeTensorsStream(
      [
        ("indices", .int64, [indices.count]), ("labels", .int64, [labels.count]),
        ("input", .float32, shape), ("t", .float32, [t.count]), ("m", .float32, [m.count]),
        ("loss", .float32, [losses.count]),
      ],
      metadata: [
        "mixflow.bad_batch": reason, "mixflow.step": "\(step)", "mixflow.batch": "\(number)",
      ], to: path)
    try file.write(indices)
    try file.write(labels)
    for part in input { try file.write(part) }
    for values in [t, m, losses] { try file.write(Tensor(values, shape: [values.count])) }
    try file.commit()
  }
}

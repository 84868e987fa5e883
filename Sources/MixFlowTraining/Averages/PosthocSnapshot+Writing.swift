import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

extension PosthocSnapshot {
  /// What a snapshot is written from.
  struct Content {
    /// The model and its averages.
    let trainer: Trainer
    /// The model's sizes.
    let model: ModelConfiguration
  }
}

extension PosthocSnapshot.Content {
  /// The averages, by their place in the optimizer's state.
  private var averages: [(width: Double, part: KeyPath<AdamW.State, Tensor>)] {
    trainer.optimizer.options.furtherAverages.enumerated().compactMap { place, average in
      guard case .power(let width) = average else { return nil }
      return (width, \AdamW.State.furtherAverages[place])
    }
  }

  /// Writes the snapshot, whole or not at all.
  ///
  /// - Parameter path: The file to write.
  /// - Returns: The checksums of what was written.
  /// - Throws: `CheckpointError` when it cannot be written; an older file is then as it was.
  func write(to path: String) throws -> SafeTensorsChecksums {
    typealias Key = TrainingCheckpoint.MetadataKey
    let description = PosthocSnapshot.Description(
      updates: trainer.step + trainer.positions.posthoc,
      averages: averages.map {
        .init(width: $0.width, exponent: PowerProfile.exponent(ofWidth: $0.width))
      })
    let tensors = averages.flatMap { width, _ in
      trainer.parameters.map {
        (StateDict.Prefix.posthoc(width: width) + $0.name, ScalarType.float32, $0.shape)
      }
    }
    var file = try SafeTensorsStream(
      tensors,
      metadata: [
        Key.step: "\(trainer.step)", Key.model: try json(model),
        Key.posthoc: try json(description),
      ],
      to: path)
    for (_, part) in averages { try trainer.forEachState(part) { try file.write($1) } }
    return try file.commit()
  }

  /// Gives the process that writes the file what it has not; where each has all, it does nothing.
  func assist() throws {
    guard trainer.sharesState else { return }
    for (_, part) in averages { try trainer.forEachState(part) { _, _ in } }
  }
}

import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

extension TrainingCheckpoint {
  /// What a checkpoint is written from.
  struct Content {
    /// The model and its optimizer.
    let trainer: Trainer
    /// The run's configuration.
    let configuration: RunConfiguration
    /// The model's sizes.
    let model: ModelConfiguration
    /// The fingerprint of the data.
    let dataFingerprint: UInt64
    /// Where the latents of the data come from; nil for pictures.
    let latentOrigin: LatentOrigin?
    /// The losses of the steps since the last line of metrics.
    let recentLosses: [Double]
    /// The misalignments of these steps.
    let recentProjectionLosses: [Double]
    /// The encoder that the model is aligned to; nil without alignment.
    let encoder: EncoderOrigin?
    /// The batches that were left out so far.
    var skippedBatches: SkippedBatches { trainer.skippedBatches }
    /// The steps that a spike is told by; nil where none is.
    var spikeHistory: SpikeDetector.History? { trainer.spikes.savedHistory }
  }
}

extension TrainingCheckpoint.Content {
  /// The parts of the optimizer's state in the order of the file.
  private var parts: [(prefix: String, part: KeyPath<AdamW.State, Tensor>)] {
    let further = trainer.optimizer.options.furtherAverages.enumerated().map {
      (
        StateDict.Prefix.further($1),
        \AdamW.State.furtherAverages[$0] as KeyPath<AdamW.State, Tensor>
      )
    }
    return [(StateDict.Prefix.average, \.average)] + further + [
      (StateDict.Prefix.first, \.first), (StateDict.Prefix.second, \.second),
    ]
  }

  /// Writes the checkpoint, whole or not at all.
  ///
  /// - Parameter path: The file to write.
  /// - Returns: The checksums of what was written.
  /// - Throws: `CheckpointError` when it cannot be written; an older file is then as it was.
  func write(to path: String) throws -> SafeTensorsChecksums {
    let entries = trainer.model.stateDictEntries
    let trainable = trainer.model.parameters.filter(\.isTrainable)
    var tensors = entries.map { (name: StateDict.Prefix.model + $0.name, shape: $0.value.shape) }
    for (prefix, _) in parts {
      tensors += trainable.map { (name: prefix + $0.name, shape: $0.shape) }
    }
    var file = try SafeTensorsStream(
      tensors.map { ($0.name, .float32, $0.shape) }, metadata: try metadata(), to: path)
    for entry in entries { try file.write(entry.value) }
    for (_, part) in parts {
      try trainer.forEachState(part) { try file.write($1) }
    }
    return try file.commit()
  }

  /// Gives the process that writes the file what it has not; where each has all, it does nothing.
  func assist() throws {
    guard trainer.sharesState else { return }
    for (_, part) in parts { try trainer.forEachState(part) { _, _ in } }
  }

  private func metadata() throws -> [String: String] {
    typealias Key = TrainingCheckpoint.MetadataKey
    var metadata = [
      Key.step: "\(trainer.step)",
      Key.model: try json(model),
      Key.configuration: try json(configuration),
      Key.fingerprint: "\(dataFingerprint)",
      Key.recentLosses: try json(recentLosses),
    ]
    if trainer.positions != RunPositions() {
      metadata[Key.positions] = try json(trainer.positions)
    }
    metadata[Key.latents] = try latentOrigin.map(json)
    if !skippedBatches.numbers.isEmpty { metadata[Key.skipped] = try json(skippedBatches.numbers) }
    metadata[Key.spikes] = try spikeHistory.map(json)
    if let encoder {
      metadata[Key.encoder] = try json(encoder)
      metadata[Key.recentProjectionLosses] = try json(recentProjectionLosses)
    }
    return metadata
  }
}

import MixFlowCheckpoint

extension TrainingRun {
  /// Leaves out the batch of a step that went wrong, where the configuration allows it.
  ///
  /// Everything that is decided here comes from numbers that all processes have gathered, so that they
  /// all do the same. The batch is written to `DIR/bad-batches/` first.
  ///
  /// - Parameter fault: What went wrong.
  /// - Returns: What was done.
  /// - Throws: The fault itself where it has to end the run, or an error of reading or writing.
  func leaveOut(_ fault: TrainingError) throws -> MetricsLog.Event {
    guard let failed = fault.failedStep else { throw fault }
    do {
      if isLeader { try writeBadBatch(fault, step: failed) }
    } catch  where spikePolicy == .stop {
      // The fault itself says more than that its batch could not be kept.
      throw fault
    }
    let limit = configuration.training.maxSpikes
    guard spikePolicy != .stop else { throw fault }
    guard trainer.skippedBatches.numbers.count < limit else {
      throw TrainingError.tooManySpikes(limit: limit, last: "\(fault)")
    }
    // Before the first checkpoint there is nothing to go back to; where no weight has changed yet, it
    // is enough to go on.
    let target = spikePolicy == .rollback ? savedStep : nil
    guard target != nil || !fault.leavesBrokenWeights else { throw fault }
    let batch = trainer.skipBatch(at: failed)
    if let target { try goBack(to: target) }
    let event = MetricsLog.Event(
      step: trainer.step, event: target == nil ? .skip : .rollback, failedStep: failed,
      batch: batch, spikes: trainer.skippedBatches.numbers.count)
    try log?.append(event)
    return event
  }

  private func goBack(to step: Int) throws {
    let checkpoint = try TrainingCheckpoint(contentsOf: checkpoints.file(ofStep: step))
    try trainer.restore(checkpoint)
    recentLosses = checkpoint.recentLosses
    recentProjectionLosses = checkpoint.recentProjectionLosses
    try openLog()
  }

  private func writeBadBatch(_ fault: TrainingError, step: Int) throws {
    try lock?.checkFolder()
    try createFolder(folder + "/bad-batches")
    let batch = trainer.skippedBatches.batch(after: step - 1)
    let name = "\(zeroPadded(step, to: 7))-batch-\(zeroPadded(batch, to: 7))"
    try trainer.writeBatch(
      batch, reason: "\(fault)", step: step, to: "\(folder)/bad-batches/\(name).safetensors")
  }
}

extension TrainingError {
  /// The step that went wrong; nil for other errors.
  fileprivate var failedStep: Int? {
    switch self {
    case .notFinite(_, let step), .spike(_, _, _, let step), .brokenUpdate(let step): step
    case .data, .run, .unsaved, .tooManySpikes: nil
    }
  }

  /// Whether a part of the update was made.
  fileprivate var leavesBrokenWeights: Bool {
    if case .brokenUpdate = self { true } else { false }
  }
}

import MixFlowCheckpoint

extension TrainingRun {
  /// Writes a checkpoint, in one process; where the optimizer's state is shared, all take part.
  ///
  /// - Parameter loss: That of the last step, for the manifest.
  /// - Returns: The path; nil in other processes.
  /// - Throws: ``TrainingError/unsaved(step:problem:newest:folder:)`` for a disk that is full or cannot be
  ///   written to, after which older checkpoints are as they were.
  func writeCheckpoint(loss: Double) throws -> String? {
    let checkpoint = TrainingCheckpoint.Content(
      trainer: trainer, configuration: configuration, model: sizes,
      dataFingerprint: dataFingerprint, latentOrigin: latentOrigin, recentLosses: recentLosses,
      recentProjectionLosses: recentProjectionLosses, encoder: encoder)
    guard isLeader else {
      try checkpoint.assist()
      savedStep = trainer.step
      return nil
    }
    try lock?.checkFolder()
    log?.synchronise()
    let manifest: CheckpointFolder.Manifest
    do {
      manifest = try checkpoints.add(step: trainer.step, loss: loss, write: checkpoint.write)
    } catch let error as CheckpointError {
      throw TrainingError.unsaved(
        step: trainer.step, problem: "\(error)", newest: checkpoints.complete().last?.step,
        folder: folder)
    }
    savedStep = trainer.step
    try checkpoints.prune(
      keepLast: configuration.training.keepLast, keepEvery: configuration.training.keepEvery)
    return checkpoints.file(of: manifest)
  }

  /// Opens the log of metrics where this process writes, without what will be written again, and
  /// removes such snapshots of averages.
  func openLog() throws {
    guard isLeader else { return }
    try removeLaterSnapshots()
    log = try MetricsLog(
      in: folder, resumingAt: trainer.step, skipped: trainer.skippedBatches)
  }
}

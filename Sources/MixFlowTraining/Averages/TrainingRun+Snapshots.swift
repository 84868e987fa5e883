import Foundation
import MixFlowCheckpoint

extension TrainingRun {
  /// The folder of the snapshots of averages.
  private var snapshots: CheckpointFolder { CheckpointFolder(ofSnapshotsIn: folder) }

  /// Writes a snapshot of the power-function averages where one is due, in one process.
  ///
  /// It comes before the checkpoint of its step: a run that is killed between the two makes the step
  /// again.
  ///
  /// - Parameter isLast: Whether the run ends here.
  /// - Returns: The path; nil in other processes, or where none is due.
  /// - Throws: ``TrainingError/unsaved(step:problem:newest:folder:)`` for a disk that is full or cannot be
  ///   written to.
  func writeSnapshot(isLast: Bool) throws -> String? {
    let training = configuration.training
    guard !training.posthocEMA.isEmpty, isLast || trainer.step % training.posthocEMAEvery == 0
    else { return nil }
    let snapshot = PosthocSnapshot.Content(trainer: trainer, model: sizes)
    guard isLeader else {
      try snapshot.assist()
      return nil
    }
    try lock?.checkFolder()
    do {
      let manifest = try snapshots.add(step: trainer.step, loss: nil, write: snapshot.write)
      return snapshots.file(of: manifest)
    } catch let error as CheckpointError {
      throw TrainingError.unsaved(
        step: trainer.step, problem: "\(error)", newest: checkpoints.complete().last?.step,
        folder: folder)
    }
  }

  /// Deletes the snapshots of steps that the run has not made, or makes again, and what a kill left.
  func removeLaterSnapshots() throws {
    try snapshots.removeLeftovers(of: folder)
    for manifest in snapshots.complete() where manifest.step > trainer.step {
      try snapshots.remove(manifest)
    }
  }
}

import Foundation

/// The right to write into a run's folder, which one process has at a time.
///
/// The system takes it back when the process ends, however it ends.
final class RunLock {
  private let descriptor: Int32
  private let folder: String

  /// Takes the right for a group, of which one process writes; nil in the others.
  convenience init?(folder: String, for group: ProcessGroup?, option: String? = nil) throws {
    guard group?.isLeader ?? true else { return nil }
    try self.init(folder: folder, option: option)
  }

  /// Takes the right, or says who seems to have it; `option` would name another folder.
  init(folder: String, option: String? = nil) throws {
    try createFolder(folder, option: option)
    self.folder = folder
    descriptor = open(folder + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw TrainingError.folder(folder, cannotBe: "written to", errno, option: option)
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw TrainingError.run(
        folder: folder, problem: "is in use by another mixflow process; wait for it, or stop it")
    }
  }

  /// Refuses a folder that was removed, or moved and replaced, since the right was taken.
  func checkFolder() throws {
    var (own, present) = (stat(), stat())
    guard fstat(descriptor, &own) == 0, stat(folder + "/.lock", &present) == 0,
      own.st_ino == present.st_ino, own.st_dev == present.st_dev
    else {
      throw TrainingError.run(
        folder: folder,
        problem: "was removed or moved while the run was using it; put it back and go on with "
          + "mixflow train --resume")
    }
  }

  deinit { close(descriptor) }
}

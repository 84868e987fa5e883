import ArgumentParser
import Foundation
import MixFlowTensor
import MixFlowTraining
import Synchronization

/// The processes that a launcher such as `mpirun` started together with this one.
enum Processes {
  private static let joined = Mutex<ProcessGroup?>(nil)

  /// How long another rank waits with an error that rank 0 may be about to report as well.
  private static let courtesy = 0.5

  /// Joins the others, and takes this process's share of the machine's processors.
  ///
  /// - Parameter options: Whose number of threads wins over the launcher's.
  /// - Returns: Nil for a process that was started alone.
  /// - Throws: `DistributedError` when the processes cannot find each other.
  static func join(_ options: CommonOptions) throws -> ProcessGroup? {
    _ = takeShare(options)
    let group = try ProcessGroup.launched(ProcessInfo.processInfo.environment)
    joined.withLock { $0 = group }
    return group
  }

  /// Takes this process's share of the machine's processors, and does not look for the others.
  ///
  /// - Parameter options: Whose number of threads wins over the launcher's.
  /// - Returns: What the launcher says; nil for a process that was started alone.
  static func takeShare(_ options: CommonOptions) -> LaunchEnvironment? {
    guard let launch = LaunchEnvironment(ProcessInfo.processInfo.environment) else { return nil }
    if options.threads == nil {
      Parallelism.threads = launch.threads(
        allowed: Parallelism.threads, present: ProcessInfo.processInfo.processorCount)
    }
    return launch
  }

  /// Refuses several processes for a command that does not share its work among them.
  ///
  /// - Parameter command: Its name.
  /// - Throws: `ValidationError`.
  static func expectOne(for command: String) throws {
    guard let launch = LaunchEnvironment(ProcessInfo.processInfo.environment) else { return }
    // One of them speaks for all.
    guard launch.rank == 0 else { exit(ExitCode.validationFailure.rawValue) }
    throw ValidationError(
      "'\(command)' does not share its work, and \(launch.size) processes were started; start one.")
  }

  /// Takes leave of the others before this process ends as planned.
  static func leave() {
    joined.withLock { $0 }?.finish()
  }

  /// Writes an error and ends all processes.
  ///
  /// An error that all ranks have is written by rank 0 alone, which ends the others.
  static func fail(_ text: String, code: Int32) -> Never {
    let group = joined.withLock { $0 }
    guard let group else {
      StandardStream.log(text)
      exit(code)
    }
    if !group.isLeader { Thread.sleep(forTimeInterval: courtesy) }
    StandardStream.log(group.isLeader ? text : "rank \(group.rank): \(text)")
    group.abort(code: code)
  }
}

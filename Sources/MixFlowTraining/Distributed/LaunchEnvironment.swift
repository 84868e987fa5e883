/// What the launcher of several processes says in the environment.
public struct LaunchEnvironment: Equatable, Sendable {
  /// The number of processes.
  public let size: Int
  /// The place of this process among all.
  public let rank: Int
  /// The place of this process among those on its machine.
  public let localRank: Int
  /// The number of processes on this machine.
  public let localSize: Int
  /// The processors that the launcher gives each process, where it says so.
  public let processors: Int?
  /// The variable that tells the number of processes.
  public let variable: String

  /// The variables of a launcher.
  private struct Names {
    let size: String
    let rank: String
    let localRank: String
    let localSize: String?
  }

  /// Open MPI's, PMI's (MPICH, Intel MPI), Slurm's and torchrun's, the first that is there.
  private static let launchers = [
    Names(
      size: "OMPI_COMM_WORLD_SIZE", rank: "OMPI_COMM_WORLD_RANK",
      localRank: "OMPI_COMM_WORLD_LOCAL_RANK",
      localSize: "OMPI_COMM_WORLD_LOCAL_SIZE"),
    Names(
      size: "PMI_SIZE", rank: "PMI_RANK", localRank: "MPI_LOCALRANKID", localSize: "MPI_LOCALNRANKS"
    ),
    Names(
      size: "SLURM_STEP_NUM_TASKS", rank: "SLURM_PROCID", localRank: "SLURM_LOCALID", localSize: nil
    ),
    Names(size: "WORLD_SIZE", rank: "RANK", localRank: "LOCAL_RANK", localSize: "LOCAL_WORLD_SIZE"),
  ]

  /// Reads the variables of a launcher; there are none for a process that was started alone.
  ///
  /// - Parameter environment: The variables of this process.
  public init?(_ environment: [String: String]) {
    func number(_ name: String?) -> Int? {
      name.flatMap { environment[$0] }.flatMap { Int($0) }
    }
    let launcher = Self.launchers.first { (number($0.size) ?? 1) > 1 }
    guard let launcher, let size = number(launcher.size) else { return nil }
    self.size = size
    variable = launcher.size
    rank = number(launcher.rank) ?? 0
    localRank = number(launcher.localRank) ?? 0
    localSize =
      number(launcher.localSize) ?? Self.slurmTasks(environment["SLURM_STEP_TASKS_PER_NODE"]) ?? 1
    processors = number("SLURM_CPUS_PER_TASK")
  }

  /// The first number of a list such as `4(x2),3`: the tasks on the first machine.
  private static func slurmTasks(_ list: String?) -> Int? {
    list.flatMap { Int($0.prefix { $0.isNumber }) }
  }

  /// The threads that this process should use.
  ///
  /// - Parameters:
  ///   - allowed: The processors that it may run on.
  ///   - present: The processors of the machine.
  /// - Returns: The launcher's number; else all that are allowed, where the launcher bound the process
  ///   to a part of the machine; else an equal share.
  public func threads(allowed: Int, present: Int) -> Int {
    if let processors { return max(1, min(processors, allowed)) }
    return allowed < present ? max(1, allowed) : max(1, allowed / localSize)
  }
}

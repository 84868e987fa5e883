/// Processes that cannot work together, and what would mend it.
public enum DistributedError: Error, Equatable, CustomStringConvertible {
  /// A launcher started several processes, and no MPI library can be used.
  case noMPI(reason: String)
  /// Another number of processes was started than the group has.
  case launch(variable: String, expected: Int, found: Int)
  /// A transfer failed on this rank.
  case transfer(rank: Int)
  /// Two processes do not do the same.
  case mismatch(what: String, rank: Int)

  /// What is wrong, and the mend.
  public var description: String {
    switch self {
    case .noMPI(let reason):
      "several processes were started, but no MPI library can be used (\(reason)); install Open MPI "
        + "(apt-get install openmpi-bin) or MPICH, or name a library with MIXFLOW_MPI"
    case .launch(let variable, let expected, let found):
      "\(variable) says \(expected) processes, but MPI knows \(found); start them with the mpirun "
        + "of the library that MIXFLOW_MPI names, or with srun --mpi=pmix"
    case .transfer(let rank):
      "a transfer between processes failed on rank \(rank); see what MPI says of it, and whether all "
        + "machines are there, and go on with mixflow train --resume"
    case .mismatch(let what, let rank):
      "rank \(rank) has \(what) other than rank 0; give all processes the same files and options"
    }
  }
}

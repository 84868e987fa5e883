extension ProcessGroup {
  /// Joins the processes that a launcher started with this one.
  ///
  /// - Parameter environment: The variables of this process.
  /// - Returns: Nil for a process that was started alone, which needs no MPI.
  /// - Throws: ``DistributedError`` when the launcher's processes cannot find each other.
  public static func launched(
    _ environment: [String: String]
  ) throws -> ProcessGroup? {
    guard let launch = LaunchEnvironment(environment) else { return nil }
    let group = try ProcessGroup { try MPICollectives() }
    guard group.size == launch.size else {
      throw DistributedError.launch(
        variable: launch.variable, expected: launch.size, found: group.size)
    }
    return group
  }
}

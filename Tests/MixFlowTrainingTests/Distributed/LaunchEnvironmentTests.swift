import MixFlowTraining
import Testing

/// What launchers say, and what follows for threads.
@Suite struct LaunchEnvironmentTests {
  @Test func knowsLaunchers() throws {
    let openMPI = try #require(
      LaunchEnvironment([
        "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_LOCAL_RANK": "1",
        "OMPI_COMM_WORLD_LOCAL_SIZE": "4",
      ]))
    #expect(openMPI.size == 8 && openMPI.localRank == 1 && openMPI.localSize == 4)
    let slurm = try #require(
      LaunchEnvironment([
        "SLURM_STEP_NUM_TASKS": "6", "SLURM_LOCALID": "2", "SLURM_STEP_TASKS_PER_NODE": "3(x2)",
        "SLURM_CPUS_PER_TASK": "5",
      ]))
    #expect(slurm.size == 6 && slurm.localRank == 2 && slurm.localSize == 3)
    #expect(slurm.threads(allowed: 16, present: 16) == 5)
    #expect(slurm.threads(allowed: 2, present: 16) == 2)
    let intel = try #require(
      LaunchEnvironment(["PMI_SIZE": "2", "MPI_LOCALNRANKS": "2", "MPI_LOCALRANKID": "1"]))
    #expect(intel.size == 2 && intel.localRank == 1 && intel.localSize == 2)
    let torchrun = try #require(
      LaunchEnvironment([
        "WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2",
      ]))
    #expect(torchrun.size == 4 && torchrun.variable == "WORLD_SIZE" && torchrun.rank == 3)
  }

  @Test func oneProcessNeedsNoGroup() {
    #expect(LaunchEnvironment([:]) == nil)
    #expect(LaunchEnvironment(["OMPI_COMM_WORLD_SIZE": "1"]) == nil)
    #expect(LaunchEnvironment(["WORLD_SIZE": "many"]) == nil)
  }

  @Test func processorsAreShared() throws {
    let launch = try #require(
      LaunchEnvironment(["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_SIZE": "4"]))
    #expect(launch.threads(allowed: 16, present: 16) == 4)
    // Bound to a part of the machine by the launcher.
    #expect(launch.threads(allowed: 3, present: 16) == 3)
    #expect(launch.threads(allowed: 2, present: 2) == 1)
  }
}

import ArgumentParser
import MixFlowTensor

/// `--threads`, which all measurements take.
struct ThreadsOption: ParsableArguments {
  @Option(name: .long, help: "The number of threads; by default one for each processor.")
  var threads = Parallelism.threads

  func validate() throws {
    guard threads > 0 else {
      throw ValidationError("'--threads' must be positive, got \(threads).")
    }
  }
}

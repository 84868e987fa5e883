import ArgumentParser
import MixFlowTensor

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
  @Option(name: .long, help: "The number of threads; by default one for each processor.")
  var threads: Int?

  @Flag(name: .shortAndLong, help: "Print errors and results alone.")
  var quiet = false

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("'--threads' must be at least 1, got \(threads).")
    }
  }

  /// Puts the options into force.
  func apply() {
    if let threads { Parallelism.threads = threads }
  }
}

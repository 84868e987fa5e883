import ArgumentParser

/// What `scripts/benchmark` and `scripts/real-sizes` run of ours.
@main
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "Benchmark",
    abstract: "Time MixFlow: its steps, its start, its kernels, and the machine's limits.",
    subcommands: [
      Step.self, Peak.self, Write.self, Start.self, Kernels.self, Forward.self, PostTrain.self,
      Decode.self,
    ])
}

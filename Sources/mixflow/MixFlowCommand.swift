import ArgumentParser

/// The `mixflow` command.
@main
struct MixFlowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mixflow",
    abstract: "Post-train and sample flow-matching image models on CPUs.",
    subcommands: [
      Train.self, Sample.self, Evaluate.self, Grid.self, Convert.self,
    ])
}

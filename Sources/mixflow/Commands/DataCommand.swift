import ArgumentParser

/// `mixflow data`.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Cut out and check data sets.",
    subcommands: [DataSubset.self, DataCheck.self])
}

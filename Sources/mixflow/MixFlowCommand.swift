import ArgumentParser
import Foundation

/// The `mixflow` command.
@main
struct MixFlowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mixflow",
    abstract: "Post-train and sample flow-matching image models on CPUs.",
    discussion: """
      Start here:
        mixflow doctor        is this machine ready?
        mixflow help train    every command explains itself

      Results go to standard output, progress and errors to standard error. The exit code is 0 for \
      success, 1 for a failure and 64 for a mistake in the command line. Completions for a shell: \
      mixflow --generate-completion-script bash (or zsh, fish).
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Sample.self, Evaluate.self, Grid.self, Inspect.self, Convert.self,
      DataCommand.self,
      Doctor.self,
    ])

  /// Runs the command; the one place where an error becomes a line and an exit code.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      switch exitCode(for: error) {
      case .success: exit(withError: error)
      case let code:
        let text = fullMessage(for: error).trimmingPrefix("Error: ")
        if !text.isEmpty { FileHandle.standardError.write(Data("mixflow: error: \(text)\n".utf8)) }
        Foundation.exit(code.rawValue)
      }
    }
  }
}

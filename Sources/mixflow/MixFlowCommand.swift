import ArgumentParser
import Foundation
import MixFlowCheckpoint
import MixFlowConfiguration

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
      success, 1 for a failure, 64 for a mistake in the command line, 130 for training that was \
      interrupted and saved, and 75 for training that was saved to be started again (SIGUSR1). Completions for a shell: mixflow --generate-completion-script bash (or \
      zsh, fish).
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Sample.self, Likelihood.self, Evaluate.self, Grid.self, Inspect.self,
      Convert.self, Adapter.self, Reconstruct.self, Latents.self, DataCommand.self,
      ConfigReference.self, Doctor.self,
    ])

  /// Runs the command; the one place where an error becomes a line and an exit code.
  static func main() {
    StandardStream.outliveReaders()
    explainTruncation()
    do {
      var command = try parseAsRoot()
      do {
        if !sharesWork(command) {
          try Processes.expectOne(for: "mixflow \(type(of: command)._commandName)")
        }
        try command.run()
        Processes.leave()
      } catch {
        fail(error, in: type(of: command))
      }
    } catch {
      fail(error)
    }
  }

  /// Whether processes that were started together divide a command's work.
  private static func sharesWork(_ command: any ParsableCommand) -> Bool {
    command is Train || command is Sample || command is Evaluate
  }

  /// Ends the program.
  private static func fail(_ error: any Error, in command: (any ParsableCommand.Type)? = nil) {
    let code = exitCode(for: error)
    guard code != .success else { exit(withError: error) }
    switch (error, command) {
    case (let mistake as ValidationError, let command?): refuse(mistake.message, of: command)
    case (let mistake as ConfigurationFileError, let command?) where mistake.isFromOption:
      refuse("\(mistake)", of: command)
    case (is ExitCode, _):
      Processes.leave()
      Foundation.exit(code.rawValue)
    default: end(String(fullMessage(for: error).trimmingPrefix("Error: ")), code)
    }
  }

  /// Ends the program for a mistake in the command line that showed only as the command ran.
  private static func refuse(_ message: String, of command: any ParsableCommand.Type) -> Never {
    end("\(message)\nUsage: \(usageString(for: command))", .validationFailure)
  }

  private static func end(_ text: String, _ code: ExitCode) -> Never {
    Processes.fail(text.isEmpty ? "" : "mixflow: error: \(text)\n", code: code.rawValue)
  }
}

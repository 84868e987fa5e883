import Foundation
import MixFlowTestSupport
import Testing

@Suite struct CommandTests {
  private static let commands = [
    ["train"], ["sample"], ["evaluate"], ["grid"], ["inspect"], ["convert"], ["doctor"],
    ["data", "subset"], ["data", "check"],
  ]

  @Test(arguments: commands)
  func explainsItself(command: [String]) throws {
    let help = try Command(arguments: command + ["--help"])
    #expect(help.code == 0)
    #expect(help.output.contains("OVERVIEW: "))
    #expect(help.output.contains("  mixflow \(command.joined(separator: " ")) "), "an example")
    #expect(help.errors.isEmpty)
  }

  @Test func listsItsCommands() throws {
    let help = try Command("--help")
    #expect(help.code == 0)
    for command in Self.commands { #expect(help.output.contains("\n  \(command[0]) ")) }
  }

  @Test func tellsItsVersion() throws {
    let version = try Command("--version")
    #expect(version.code == 0)
    #expect(version.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completesShells(shell: String) throws {
    let script = try Command("--generate-completion-script", shell)
    #expect(script.code == 0)
    #expect(script.output.contains("inspect"))
  }

  @Test(arguments: [
    (["bogus"], "mixflow: error: Unexpected argument 'bogus'\n"),
    (
      ["sample", "--out", "x", "--bogus"],
      "mixflow: error: Unknown option '--bogus'. Did you mean '--out'?\n"
    ),
    (["inspect"], "mixflow: error: Missing expected argument '<file>'\n"),
    (
      ["inspect", "x", "--hedas", "3"],
      "mixflow: error: Unknown option '--hedas'. Did you mean '--heads'?\n"
    ),
    (["inspect", "x", "--heads", "0"], "mixflow: error: '--heads' must be positive.\n"),
    (["doctor", "--threads", "0"], "mixflow: error: '--threads' must be at least 1, got 0.\n"),
    (
      ["data", "subset", "--source", "x", "--out", "y", "--per-class", "0"],
      "mixflow: error: '--per-class' must be positive, got 0.\n"
    ),
  ])
  func refusesMistakesOfUsage(arguments: [String], message: String) throws {
    let command = try Command(arguments: arguments)
    #expect(command.code == 64)
    #expect(command.errors.hasPrefix(message), "\(command.errors)")
    #expect(command.output.isEmpty)
  }

  @Test func failsInOneLine() throws {
    let command = try Command("inspect", "/no/such/file")
    #expect(command.code == 1)
    #expect(
      command.errors == "mixflow: error: /no/such/file: cannot be read: No such file or directory\n"
    )
    #expect(command.output.isEmpty)
  }

  @Test func namesTheKeyOfAConfiguration() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("training:\n  lerning_rate: 1\n".utf8, to: "run.yaml")
    let command = try Command("train", "--config", file, "--dry-run")
    #expect(command.code == 1)
    #expect(
      command.errors == """
        mixflow: error: \(file):2: training.lerning_rate: unknown key; did you mean \
        'learning_rate'?\n
        """)
  }
}

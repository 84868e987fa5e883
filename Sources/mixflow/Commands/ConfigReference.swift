import ArgumentParser
import MixFlowConfiguration

/// `mixflow config-reference`.
struct ConfigReference: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config-reference",
    abstract: "Write the page of all configuration keys.",
    discussion: """
      The meanings are the comments of the file, which must hold every key; types and keys are those \
      of this program.

        mixflow config-reference configs/reference.yaml > docs/CONFIGURATION-REFERENCE.md
      """,
    // For those who change the program; users read the page.
    shouldDisplay: false)

  @Argument(help: "The commented file, configs/reference.yaml.")
  var file: String

  func run() throws {
    let page = try ConfigurationReference(contentsOf: file).markdown
    try StandardStream.print(String(page.dropLast()))
  }
}

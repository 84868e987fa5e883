import Foundation
import MixFlowConfiguration
import MixFlowTestSupport
import Testing

/// The pages in Markdown: their links, the files, commands, options and keys that they name.
@Suite struct DocumentationPageTests {
  private static var pages: [String] {
    get throws {
      let docs = try FileManager.default.contentsOfDirectory(
        atPath: "\(DocumentedExamples.root)/docs"
      )
      .filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
      try #require(docs.count > 5)
      return ["README.md", "CONTRIBUTING.md"] + docs.sorted()
    }
  }

  @Test(arguments: try pages)
  func linksLeadSomewhere(page: String) throws {
    let text = try Self.text(of: page)
    for match in text.matches(of: /\]\(([^)\s]+)\)/) {
      let link = String(match.1)
      guard !link.hasPrefix("http") else { continue }
      let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let folder = URL(filePath: page).deletingLastPathComponent().relativePath
      let target = parts[0].isEmpty ? page : folder + "/" + parts[0]
      try #require(Self.exists(target), "\(page): \(link)")
      guard parts.count == 2 else { continue }
      #expect(
        Self.anchors(of: try Self.text(of: target)).contains(String(parts[1])), "\(page): \(link)")
    }
  }

  @Test(arguments: try pages)
  func filesExist(page: String) throws {
    for match in try Self.text(of: page).matches(
      of: /\b(?:configs|scripts|docs)\/[\w.-]*\w(?![\w\/.*-]*[\/*])/)
    where match.output != "configs/stage2" {
      #expect(Self.exists(String(match.output)), "\(page): \(match.output)")
    }
  }

  @Test(arguments: try pages)
  func commandsAndOptionsExist(page: String) throws {
    for command in Self.commands(in: try Self.text(of: page)) {
      let known = try #require(
        try Self.options(of: command.name), "\(page): there is no 'mixflow \(command.name)'")
      for option in command.options {
        #expect(known.contains(option), "\(page): mixflow \(command.name) has no \(option)")
      }
      for setting in command.settings {
        do {
          _ = try ConfigurationFile.load(text: "", source: page, settings: [setting])
        } catch {
          #expect(!"\(error)".contains("unknown key"), "\(page): \(error)")
        }
      }
    }
  }

  @Test func namesCommandsAtAll() throws {
    #expect(Self.commands(in: try Self.text(of: "README.md")).count > 10)
  }

  @Test func examplesOfExtensionsAreCompiled() throws {
    let tests = "\(DocumentedExamples.root)/Tests"
    let missing = try DocumentedExamples.missing(
      from: "docs/EXTENDING.md",
      in: "\(tests)/MixFlowTransportTests/DocumentationExampleTests.swift",
      "\(tests)/MixFlowTrainingTests/DocumentationExampleTests.swift")
    #expect(missing == [])
  }

  @Test func theReferenceIsMadeOfTheCode() throws {
    let file = "\(DocumentedExamples.root)/configs/reference.yaml"
    let page = try Command("config-reference", file)
    #expect(page.code == 0, "\(page.errors)")
    #expect(
      page.output == (try Self.text(of: "docs/CONFIGURATION-REFERENCE.md")),
      "write it again: mixflow config-reference configs/reference.yaml > docs/CONFIGURATION-REFERENCE.md"
    )
  }

  @Test func theReferenceNeedsAMeaning() throws {
    let scratch = try TemporaryFolder()
    let path = try scratch.write("model:\n  type: SiT\n".utf8, to: "bare.yaml")
    let page = try Command("config-reference", path)
    #expect(page.code == 1)
    #expect(
      page.errors.contains(
        "\(path): model.type: has no comment; add a line 'type: …  # meaning'"), "\(page.errors)")
  }

  // MARK: Commands

  private struct Mention {
    let name: String
    let options: [String]
    let settings: [String]
  }

  /// The commands in code blocks and code spans, with their long options.
  private static func commands(in text: String) -> [Mention] {
    let joined = text.replacing(/\\\n\s*/) { _ in " " }
    let spans = joined.matches(of: /`([^`\n]+)`/).flatMap { mentions(in: $0.1, isCode: true) }
    let lines = joined.split(separator: "\n").filter { !$0.contains("`") }
    return spans + lines.flatMap { mentions(in: $0, isCode: false) }
  }

  /// The commands in a line, up to the sign that ends them.
  private static func mentions(in line: Substring, isCode: Bool) -> [Mention] {
    let command = /(?:^|[\s\/])mixflow ((?:data |adapter )?[a-z][a-z-]+)((?:[^|;&#`]|#\S)*)/
    return line.matches(of: command).compactMap { match in
      // Prose has the word, too; a command there has an option or a file behind it.
      let isMeant = isCode || match.2.contains(" --") || match.2.contains(/\.\w+\b/)
      guard isMeant, match.1 != "help" else { return nil }
      return Mention(
        name: String(match.1),
        options: match.2.matches(of: /(?:^|\s)(--[a-z][a-z-]*)/).map { String($0.1) },
        settings: match.2.matches(of: /--set '?([a-z_.]+=[^\s']*)/).map { String($0.1) })
    }
  }

  /// The options that a command's help lists, or nil where there is no such command.
  private static func options(of name: String) throws -> Set<String>? {
    let help = try Command(arguments: ["help"] + name.split(separator: " ").map(String.init))
    guard help.output.contains("USAGE: mixflow \(name)") else { return nil }
    return Set(help.output.matches(of: /--[a-z][a-z-]*/).map { String($0.output) })
  }

  // MARK: Files

  private static func text(of page: String) throws -> String {
    String(decoding: try readBytes("\(DocumentedExamples.root)/\(page)"), as: UTF8.self)
  }

  private static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(DocumentedExamples.root)/\(path)")
  }

  /// The anchors of a page's headings, as GitHub makes them.
  private static func anchors(of text: String) -> Set<String> {
    Set(
      text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
        heading.drop { $0 == "#" || $0 == " " }.lowercased()
          .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
          .replacing(" ", with: "-")
      })
  }
}

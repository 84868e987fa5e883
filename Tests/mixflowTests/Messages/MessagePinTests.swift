import Foundation
import MixFlowTestSupport
import Testing

/// Keeps every message of the program pinned by a test.
///
/// The rule: each run of words between the interpolations of a string literal of `Sources`, two words
/// and eight characters or more, stands in a literal of `Tests` or in a file of `Tests/Messages`, unless
/// the literal is of help or of a `precondition`.
@Suite struct MessagePinTests {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Whose literals nobody reads as a message: programmers' mistakes, and help, which other tests print.
  private static let unread: Set<String> = [
    "precondition", "preconditionFailure", "ArgumentHelp", "Option", "Flag", "Argument",
    "CommandConfiguration",
  ]

  /// Words that are no message; here they count as pinned.
  private static let noMessages = [
    "argparse Namespace", "collections OrderedDict",  // names in pickles
    "mixflow reader", "mixflow transfers",  // names of threads
    "model name",  // a key of /proc/cpuinfo
    "list of rules",  // a type of the page of keys
  ]

  /// Words that no test brings about, and why; here they count as pinned, so that a change is seen.
  private static let unreached = [
    "replaced, but the folder was not synchronised:",  // a disk that fails after the renaming
    "metrics.jsonl cannot be opened for writing",  // a file that is closed to its own writer
    "cannot be written (", "); is the disk full?",  // a disk that fills between two checkpoints
    "a number of tensors",  // a million of them
    "a text of",  // of 4 GiB
    "PyTorch has no storage of", "a zip archive without data.pkl", "an alias",  // for completeness
    "a step to go on from",  // processes that see different disks
    // Snapshots of two runs in one folder.
    "it holds another model than", "its averages are at update", ", those of",
  ]

  @Test func everyMessageIsPinned() throws {
    let pinned = try pinnedWords()
    var found = 0
    for (path, source) in try sources(in: "Sources") {
      for literal in StringLiterals(of: source).literals
      where Self.unread.isDisjoint(with: literal.calls) {
        for piece in literal.pieces.flatMap(Self.withoutFormats).filter(Self.hasWords) {
          found += 1
          let words = piece.trimmingCharacters(in: .whitespaces)
          guard strstr(pinned, words) == nil else { continue }
          Issue.record(
            """
            \(path):\(literal.line): no test pins "\(words)"; have one say the whole message, such as a \
            case of a suite that compares with Tests/Messages
            """)
        }
      }
    }
    #expect(found > 1000, "the sources were not read")
  }

  @Test func literalsAreRead() {
    let literals = StringLiterals(
      of: ##"""
        // "a comment"
        let pattern = /".*"/, other = f("one \(g("two words") + 1) three"
          + "four", #"five\n \#(x) six"#)
        precondition(a, """
          seven \
          eight
          nine
          """)
        """##
    ).literals
    #expect(
      literals.map(\.pieces) == [
        ["two words"], ["one ", " threefour"], ["five\\n ", " six"], [" seven eight nine "],
      ])
    #expect(literals.map(\.line) == [2, 2, 3, 4])
    #expect(literals.map(\.calls) == [["f", "g"], ["f"], ["f"], ["precondition"]])
    #expect(Self.hasWords("; no such key") && !Self.hasWords(" is ") && !Self.hasWords("a.b.c.d.e"))
  }

  /// The sources below a folder of the package, in order.
  private func sources(in folder: String) throws -> [(path: String, text: String)] {
    let root = Self.package.appending(path: folder).path
    let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      ("\(folder)/\(name)", try String(contentsOfFile: "\(root)/\(name)", encoding: .utf8))
    }
  }

  /// The parts of a text between what `printf` fills in.
  private static func withoutFormats(_ piece: String) -> [String] {
    piece.split(separator: /%[-0-9.]*[a-z@]/).map(String.init)
  }

  /// What the tests expect, in one text.
  private func pinnedWords() throws -> String {
    let literals = try sources(in: "Tests").flatMap { StringLiterals(of: $0.text).literals }
    let files = try FileManager.default.contentsOfDirectory(atPath: MessageTable.root).map {
      plain(try String(contentsOfFile: "\(MessageTable.root)/\($0)", encoding: .utf8))
    }
    // This page is compared with what the command writes.
    let page = plain(
      try String(
        contentsOf: Self.package.appending(path: "docs/CONFIGURATION-REFERENCE.md"), encoding: .utf8
      ))
    return (literals.flatMap(\.pieces) + files + [page]).joined(separator: "\n")
  }

  /// Whether a text has two words beside each other, and is long enough to tell a message.
  private static func hasWords(_ piece: String) -> Bool {
    let words = piece.trimmingCharacters(in: .whitespaces)
    return words.count >= 8 && words.contains(/[A-Za-z] [A-Za-z]/)
  }
}

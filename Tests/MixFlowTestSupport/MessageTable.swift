import Foundation
import Testing

/// The words of a module's messages, in a file of `Tests/Messages` that a person reads and corrects.
///
/// A case stands at the beginning of a line, its message below it, four columns in. A change of a message
/// changes its file in the same commit: set `MIXFLOW_RECORD_MESSAGES` to have the tests write what they
/// find, and read the difference.
public struct MessageTable {
  /// The folder of the files, without a closing slash.
  public static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Messages").path

  private let path: String
  private let expected: [(name: String, text: String)]

  private static let isRecording =
    ProcessInfo.processInfo.environment["MIXFLOW_RECORD_MESSAGES"] != nil

  /// Reads the file `name`.txt.
  public init(_ name: String) throws {
    path = "\(Self.root)/\(name).txt"
    guard FileManager.default.fileExists(atPath: path) || !Self.isRecording else {
      expected = []
      return
    }
    expected = Self.cases(of: try String(contentsOfFile: path, encoding: .utf8))
  }

  /// Compares all cases of the file with what was found, and names those that differ.
  ///
  /// - Parameters:
  ///   - found: The cases with their messages, in the order of the file where names repeat.
  ///   - names: What stands in the file for texts that differ from run to run, such as paths.
  /// - Throws: An error when the file cannot be written while recording.
  public func expect(
    _ found: [(name: String, text: String)], replacing names: [String: String] = [:]
  ) throws {
    let found = found.map { (name: $0.name, text: Self.plain($0.text, names)) }
    guard !Self.isRecording else { return try record(found) }
    let (wanted, present) = (Self.numbered(expected), Self.numbered(found))
    let texts = Dictionary(uniqueKeysWithValues: present.map { ($0.name, $0.text) })
    for (name, text) in wanted where texts[name] != text {
      let now = texts[name] ?? "no message; is the case gone, or does it not fail any more?"
      Issue.record("\(path): \(name)\nwants: \(text)\nfound: \(now)")
    }
    let known = Set(wanted.map(\.name))
    for (name, text) in present where !known.contains(name) {
      Issue.record("\(path): lacks '\(name)', which says: \(text)")
    }
    #expect(!expected.isEmpty, "\(path) has no cases")
  }

  /// Compares the words of errors, which the file calls by their cases.
  public func expect(_ errors: [any Error]) throws {
    try expect(
      errors.map { error in
        let label = Mirror(reflecting: error).children.first?.label
        return (name: label ?? "a case without values", text: "\(error)")
      })
  }

  /// Tells cases of one name apart, by their place among these.
  private static func numbered(
    _ cases: [(name: String, text: String)]
  ) -> [(name: String, text: String)] {
    var counts: [String: Int] = [:]
    return cases.map { name, text in
      counts[name, default: 0] += 1
      return (name: counts[name] == 1 ? name : "\(name), the \(counts[name] ?? 0)th", text: text)
    }
  }

  private static func plain(_ text: String, _ names: [String: String]) -> String {
    names.sorted { $0.key.count > $1.key.count }
      .reduce(text) { $0.replacing($1.key, with: $1.value) }
  }

  private func record(_ found: [(name: String, text: String)]) throws {
    let text = found.map { name, text in
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      return ([name] + lines.map { "    \($0)" }).joined(separator: "\n") + "\n"
    }
    try text.joined().write(toFile: path, atomically: true, encoding: .utf8)
  }

  private static func cases(of file: String) -> [(name: String, text: String)] {
    var cases: [(name: String, lines: [Substring])] = []
    for line in file.split(separator: "\n") {
      if line.hasPrefix("    "), !cases.isEmpty {
        cases[cases.count - 1].lines.append(line.dropFirst(4))
      } else {
        cases.append((String(line), []))
      }
    }
    return cases.map { ($0.name, $0.lines.joined(separator: "\n")) }
  }
}

/// Returns what `body` throws in words, or nil where it throws nothing.
public func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

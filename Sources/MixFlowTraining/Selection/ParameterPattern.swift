import Foundation
import MixFlowCheckpoint

/// A glob over the official names of parameters, such as `blocks.*.attn.*`.
///
/// `*` stands for any characters, dots among them, `?` for one, and `[0-3]` for one of a set, as in
/// the shell (POSIX `fnmatch`).
public struct ParameterPattern: Equatable, Sendable {
  /// The glob as it was written.
  public let text: String

  /// Takes a glob; each text is one.
  public init(_ text: String) {
    self.text = text
  }

  /// Whether the pattern stands for a name.
  public func matches(_ name: String) -> Bool { fnmatch(text, name, 0) == 0 }

  /// Refuses a pattern that stands for none of the names.
  ///
  /// - Parameters:
  ///   - key: The setting that holds the pattern, for the error.
  ///   - names: The names of a model's parameters, or of other things.
  ///   - kind: What has these names.
  /// - Throws: ``ConfigurationError`` with the nearest names.
  func expectMatch(
    _ key: String, among names: [String], kind: String = "parameter"
  ) throws(ConfigurationError) {
    guard !names.contains(where: matches) else { return }
    let near = nearest(to: text, among: names)
    // The names that go on as the pattern begins, where none is alike as a whole.
    let beginning = text.prefix { !"*?[".contains($0) }
    let begun = names.filter { $0.hasPrefix(beginning) }.prefix(2)
    let shown = near.isEmpty ? (begun.isEmpty ? Array(names.prefix(2)) : Array(begun)) : near
    let hint = shown.map { "'\($0)'" }.joined(separator: " and ")
    throw ConfigurationError(
      key: key, problem: "'\(text)' matches no \(kind); there are names such as \(hint)")
  }
}

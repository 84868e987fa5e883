import MixFlowCheckpoint
import Yams

/// A section of a file of RAE, whose values are read by their keys.
struct RAESection {
  /// The keys to it, joined by dots; empty at the root.
  let path: String
  private let source: String
  private let line: Int?
  private let entries: [(key: Node, value: Node)]

  /// Reads a section.
  ///
  /// - Parameters:
  ///   - node: The section, or nil or null where there is none.
  ///   - path: The keys to it.
  ///   - source: The file's name, for errors.
  /// - Throws: ``ConfigurationFileError`` if it is no section.
  init(_ node: Node?, path: String, source: String) throws {
    self.path = path
    self.source = source
    line = node?.mark?.line
    switch node {
    case .mapping(let mapping): entries = mapping.map { ($0.key, $0.value) }
    case let node? where !node.isNull:
      throw ConfigurationFileError(
        source: source, line: line, key: path.isEmpty ? nil : path,
        problem: "expected a section with keys, found \(node.summary)")
    default: entries = []
    }
  }

  /// The keys that are written.
  var keys: [String] { entries.map { $0.key.scalar?.string ?? $0.key.summary } }

  /// The value of a key, or nil where it is not written or null.
  subscript(key: String) -> Node? {
    let value = entries.first { $0.key.scalar?.string == key }?.value
    return value?.isNull ?? true ? nil : value
  }

  /// The section of a key, empty where it is not written.
  func section(_ key: String) throws -> RAESection {
    try RAESection(self[key], path: name(key), source: source)
  }

  /// Refuses keys that upstream does not have.
  ///
  /// - Parameters:
  ///   - used: Keys that are read.
  ///   - unused: Keys that upstream has and this library does not need.
  /// - Returns: The paths of the written keys that are not needed.
  /// - Throws: ``ConfigurationFileError`` that names the nearest known key.
  func check(used: [String], unused: [String] = []) throws -> [String] {
    let known = used + unused
    for (key, entry) in zip(keys, entries) where !known.contains(key) {
      let near = nearest(to: key, among: known, limit: 1)
      let mend =
        near.first.map { "did you mean '\($0)'?" } ?? "known: \(known.joined(separator: ", "))"
      throw ConfigurationFileError(
        source: source, line: entry.key.mark?.line, key: name(key), problem: "unknown key; \(mend)")
    }
    return keys.filter(unused.contains).map(name)
  }

  /// A number; YAML 1.1's readers take `1e-6` and quoted numbers for text, OmegaConf does not.
  func number(_ key: String) throws -> Double? { try self[key].map { try number($0, key) } }

  /// A whole number, which may be written `4.0`.
  func whole(_ key: String) throws -> Int? { try self[key].map { try whole($0, key) } }

  /// `true` or `false`, as YAML 1.1 spells them.
  func flag(_ key: String) throws -> Bool? {
    guard let node = self[key] else { return nil }
    switch node.scalar?.string.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default: throw error(key, "expected true or false, found \(node.summary)")
    }
  }

  /// A text.
  func text(_ key: String) throws -> String? {
    guard let node = self[key] else { return nil }
    guard let text = node.scalar?.string else {
      throw error(key, "expected text, found \(node.summary)")
    }
    return text
  }

  /// Numbers: a list.
  func numbers(_ key: String) throws -> [Double]? {
    try list(key)?.map { try number($0, key) }
  }

  /// Whole numbers: a list.
  func wholes(_ key: String) throws -> [Int]? { try list(key)?.map { try whole($0, key) } }

  /// Whether the value is a list.
  func isList(_ key: String) -> Bool { self[key]?.sequence != nil }

  /// An error at a key of this section.
  func error(_ key: String, _ problem: String) -> ConfigurationFileError {
    ConfigurationFileError(
      source: source, line: self[key]?.mark?.line ?? line, key: name(key), problem: problem)
  }

  /// The path of a key.
  func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private func list(_ key: String) throws -> [Node]? {
    guard let node = self[key] else { return nil }
    guard let sequence = node.sequence else {
      throw error(key, "expected a list, found \(node.summary)")
    }
    return Array(sequence)
  }

  private func number(_ node: Node, _ key: String) throws -> Double {
    switch node.scalar.map({ SettingValue(plain: $0.string) }) {
    case .whole(let whole): return Double(whole)
    case .number(let number): return number
    default: throw error(key, "expected a number, found \(node.summary)")
    }
  }

  private func whole(_ node: Node, _ key: String) throws -> Int {
    guard let whole = Int(exactly: try number(node, key)) else {
      throw error(key, "expected a whole number, found \(node.summary)")
    }
    return whole
  }
}

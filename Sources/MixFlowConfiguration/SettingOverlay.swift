import MixFlowCheckpoint
import Yams

/// Who wrote a setting.
enum SettingSource {
  /// A file, by its path.
  case file(String)
  /// An option `--set`, whose text has no lines.
  case option

  /// The name in errors.
  var name: String {
    switch self {
    case .file(let path): path
    case .option: "--set"
    }
  }

  /// The line of `node`, from 1.
  fileprivate func line(of node: Node) -> Int? {
    switch self {
    case .file: node.mark?.line
    case .option: nil
    }
  }
}

/// Defaults that are overlaid by what users wrote, and where they wrote it.
struct SettingOverlay {
  private(set) var tree: SettingTree
  private var origins: [String: Origin] = [:]

  /// Where a setting was written and how.
  struct Origin {
    let source: String
    let line: Int?
    let text: String
  }

  /// Starts with a tree that holds every key there is.
  init(defaults: SettingTree) {
    tree = defaults
  }

  /// The place in the user's text that set `path` or, for an element, its list.
  func origin(of path: String) -> Origin? {
    origins[path] ?? origins[String(path.prefix { $0 != "[" })]
  }

  /// Overlays a value that a program made, at a path that there is.
  mutating func set(_ value: SettingTree, at path: String) {
    tree = tree.setting(value, at: path.split(separator: ".").map(String.init)[...])
  }

  /// Overlays a whole document.
  ///
  /// - Parameters:
  ///   - node: The document.
  ///   - source: Who wrote it, for errors.
  /// - Throws: ``ConfigurationFileError`` for an unknown key or a section that is none.
  mutating func apply(_ node: Node, source: SettingSource) throws {
    tree = try overlay(node, onto: tree, path: "", source: source)
  }

  /// Overlays one setting.
  ///
  /// - Parameters:
  ///   - node: The value.
  ///   - path: The setting, such as `training.seed`.
  ///   - source: Who wrote it, for errors.
  /// - Throws: ``ConfigurationFileError`` for an unknown path or a section.
  mutating func apply(_ node: Node, at path: String, source: SettingSource) throws {
    let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    tree = try overlay(node, onto: tree, keys: keys[...], path: "", source: source)
  }

  private mutating func overlay(
    _ node: Node, onto tree: SettingTree, keys: ArraySlice<String>, path: String,
    source: SettingSource
  ) throws -> SettingTree {
    guard let key = keys.first else {
      guard case .section(let entries) = tree else {
        return try overlay(node, onto: tree, path: path, source: source)
      }
      let example = entries.first.map { ", such as \(path).\($0.key)" } ?? ""
      throw ConfigurationFileError(
        source: source.name, key: path, problem: "is a section; set one of its keys\(example)")
    }
    guard case .section(var entries) = tree,
      let index = entries.firstIndex(where: { $0.key == key })
    else {
      let rest = path.joined(with: keys.joined(separator: "."))
      throw unknownKey(key, path: rest, in: tree, source: source, line: nil)
    }
    entries[index].tree = try overlay(
      node, onto: entries[index].tree, keys: keys.dropFirst(), path: path.joined(with: key),
      source: source)
    return .section(entries)
  }

  private mutating func overlay(
    _ node: Node, onto tree: SettingTree, path: String, source: SettingSource
  ) throws -> SettingTree {
    guard case .section(var entries) = tree else {
      return try setting(node, path: path, source: source)
    }
    guard case .mapping(let mapping) = node else {
      throw ConfigurationFileError(
        source: source.name, line: source.line(of: node), key: path.isEmpty ? nil : path,
        problem: "expected a section with keys, found \(node.summary)")
    }
    for (keyNode, value) in mapping {
      let line = source.line(of: keyNode)
      let key = keyNode.scalar?.string ?? keyNode.summary
      let path = path.joined(with: key)
      guard let index = entries.firstIndex(where: { $0.key == key }) else {
        throw unknownKey(key, path: path, in: tree, source: source, line: line)
      }
      entries[index].tree = try overlay(
        value, onto: entries[index].tree, path: path, source: source)
    }
    return .section(entries)
  }

  /// Reads a value, or a list of values.
  private mutating func setting(
    _ node: Node, path: String, source: SettingSource
  ) throws -> SettingTree {
    func refuse(_ problem: String) -> ConfigurationFileError {
      ConfigurationFileError(
        source: source.name, line: source.line(of: node), key: path, problem: problem)
    }
    origins[path] = Origin(source: source.name, line: source.line(of: node), text: node.summary)
    switch node {
    case .scalar(let scalar):
      guard let value = SettingValue(scalar) else {
        throw refuse("the tag '\(scalar.tag)' is not known here; leave it out")
      }
      return .value(value)
    case .sequence(let elements) where !path.hasSuffix("]"):
      return .list(
        try elements.enumerated().map { index, element in
          try setting(element, path: "\(path)[\(index)]", source: source)
        })
    case .mapping(let mapping) where path.hasSuffix("]"):
      // No default names the keys of an element; its type does, when it is decoded.
      return .section(
        try mapping.map { key, value in
          let name = key.scalar?.string ?? key.summary
          return .init(
            key: name, tree: try setting(value, path: path.joined(with: name), source: source))
        })
    default: throw refuse("expected a value, found \(node.summary)")
    }
  }

  private func unknownKey(
    _ key: String, path: String, in tree: SettingTree, source: SettingSource, line: Int?
  ) -> ConfigurationFileError {
    var known: [String] = []
    if case .section(let entries) = tree { known = entries.map(\.key) }
    let near = nearest(to: key, among: known, limit: 1)
    let elsewhere = self.tree.paths.filter { $0.hasSuffix(".\(key)") }
    let mend =
      if let name = near.first {
        "did you mean '\(name)'?"
      } else if let home = elsewhere.first {
        "did you mean '\(home)'?"
      } else if known.isEmpty {
        "the setting before it has no keys of its own"
      } else {
        "known: \(known.joined(separator: ", "))"
      }
    return ConfigurationFileError(
      source: source.name, line: line, key: path, problem: "unknown key; \(mend)")
  }
}

extension String {
  /// The path to `key` below this one.
  fileprivate func joined(with key: String) -> String { isEmpty ? key : "\(self).\(key)" }
}

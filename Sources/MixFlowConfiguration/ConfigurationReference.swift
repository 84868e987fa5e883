import MixFlowTraining

/// The page that lists every key of a configuration with its type, default and meaning.
///
/// Meanings are the comments of a file that holds all keys, `configs/reference.yaml`; types and the
/// list of keys come from the code.
public struct ConfigurationReference {
  /// A section or a key, as the file writes it.
  struct Entry {
    let path: String
    let value: String
    var meaning: String
  }

  private let entries: [Entry]
  private let types: [String: String]

  /// Reads a commented file.
  ///
  /// - Parameter path: A YAML file with one key in each line, its meaning after `#` there and in the
  ///   lines below.
  /// - Throws: ``ConfigurationFileError`` for a key that there is not, that is missing, or that has no
  ///   meaning.
  public init(contentsOf path: String) throws {
    let text = try YAMLReader(source: path).contents()
    _ = try ConfigurationFile.load(text: text, source: path)
    entries = Self.entries(of: text)
    let settings = try SettingTree(encoding: RunConfiguration())
    types = Dictionary(
      uniqueKeysWithValues: settings.paths.map { ($0, settings.typeName(of: $0)) })
    let written = Set(entries.filter { !$0.meaning.isEmpty }.map(\.path))
    if let key = settings.paths.first(where: { !written.contains($0) }) {
      throw ConfigurationFileError(
        source: path, key: key, problem: "has no comment; add a line '\(key.lastKey): …  # meaning'"
      )
    }
  }

  /// The page.
  public var markdown: String {
    let title = """
      # Configuration reference

      Every key, made by `mixflow config-reference configs/reference.yaml`: types from the code, meanings from that file. Change them
      there. What files are made of, and RAE's, is in [CONFIGURATION.md](CONFIGURATION.md). Defaults of sizes are those of a SiT-S/2; other
      values of `model.type` bring their own.

      """
    let sections = entries.filter { types[$0.path] == nil }
    return sections.reduce(into: title) { page, section in
      let meaning = section.meaning.isEmpty ? "" : "\(escaped(section.meaning.capitalized)).\n\n"
      page += "\n## \(section.path)\n\n\(meaning)| key | type | default | meaning |\n"
      page += "| --- | --- | --- | --- |\n"
      for entry in entries where entry.path.section == section.path {
        guard let type = types[entry.path] else { continue }
        page +=
          "| `\(entry.path.lastKey)` | \(type) | `\(entry.value)` | \(escaped(entry.meaning)) |\n"
      }
    }
  }

  /// The text as Markdown shows it in a cell of a table.
  private func escaped(_ text: String) -> String {
    text.replacing(/[|*<\[\]]/) { "\\\($0.output)" }
  }

  /// The sections and keys of a commented file, in order.
  private static func entries(of text: String) -> [Entry] {
    var sections: [String] = []
    return text.split(separator: "\n").reduce(into: []) { entries, line in
      if let match = line.wholeMatch(of: /( *)([a-z_]+):(?: +([^#]*?))?(?: +# (.*))?/) {
        sections.removeLast(max(0, sections.count - match.1.count / 2))
        sections.append(String(match.2))
        entries.append(
          Entry(
            path: sections.joined(separator: "."), value: String(match.3 ?? ""),
            meaning: String(match.4 ?? "")))
      } else if let match = line.wholeMatch(of: #/ +# (.*)/#), !entries.isEmpty {
        entries[entries.count - 1].meaning += " \(match.1)"
      }
    }
  }
}

extension String {
  /// The last key of a path.
  fileprivate var lastKey: Substring {
    self[(lastIndex(of: ".").map(index(after:)) ?? startIndex)...]
  }

  /// The path without its last key.
  fileprivate var section: Substring { self[..<(lastIndex(of: ".") ?? startIndex)] }

  /// The text with its first letter in upper case.
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}

extension SettingTree {
  /// What a setting must be, as the code reads it.
  fileprivate func typeName(of path: String) -> String {
    let name = wanted(instead: .section([]), at: path) ?? "text"
    let type = name == "a list" ? listName(of: path) : name.nameWithoutArticle
    return wanted(instead: .value(.null), at: path) == nil ? "\(type) or null" : type
  }

  private func listName(of path: String) -> String {
    guard let element = wanted(instead: .list([.list([])]), at: path) else { return "list" }
    return element == "a section with keys"
      ? "list of rules" : "list of \(element.nameWithoutArticle)s"
  }

  /// What the decoder asks for when it finds another value at a path, or nil when that is fine.
  private func wanted(instead value: SettingTree, at path: String) -> String? {
    let keys = path.split(separator: ".").map(String.init)
    do {
      _ = try setting(value, at: keys[...]).decode(RunConfiguration.self)
      return nil
    } catch let mismatch as SettingMismatch {
      return mismatch.wanted
    } catch {
      return nil
    }
  }
}

extension String {
  fileprivate var nameWithoutArticle: String { hasPrefix("a ") ? String(dropFirst(2)) : self }
}

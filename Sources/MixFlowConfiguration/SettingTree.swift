/// A configuration as sections, lists and single values, before it has types.
enum SettingTree: Equatable, Sendable {
  case section([Entry])
  case list([SettingTree])
  case value(SettingValue)

  /// A key of a section and what it holds.
  struct Entry: Equatable, Sendable {
    let key: String
    var tree: SettingTree
  }

  /// The tree with another value at a path.
  func setting(_ value: SettingTree, at keys: ArraySlice<String>) -> SettingTree {
    guard let key = keys.first else { return value }
    guard case .section(var entries) = self,
      let index = entries.firstIndex(where: { $0.key == key })
    else { return self }
    entries[index].tree = entries[index].tree.setting(value, at: keys.dropFirst())
    return .section(entries)
  }

  /// The paths of all settings below, joined by dots, in order.
  var paths: [String] {
    guard case .section(let entries) = self else { return [""] }
    return entries.flatMap { entry in
      entry.tree.paths.map { $0.isEmpty ? entry.key : "\(entry.key).\($0)" }
    }
  }
}

/// One value as YAML 1.2's core schema reads it.
enum SettingValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case whole(Int)
  case number(Double)
  case text(String)

  /// Reads an unquoted scalar; `yes`, `on` and dates are text, `1e-4` and `5.` are numbers.
  init(plain text: String) {
    self =
      switch text {
      case "", "~", "null", "Null", "NULL": .null
      case "true", "True", "TRUE": .bool(true)
      case "false", "False", "FALSE": .bool(false)
      default: Self(number: text) ?? .text(text)
      }
  }

  private init?(number text: String) {
    switch text.lowercased() {
    case ".inf", "+.inf": self = .number(.infinity)
    case "-.inf": self = .number(-.infinity)
    case ".nan": self = .number(.nan)
    case _ where text.wholeMatch(of: /[-+]?[0-9]+/) != nil:
      guard let number = Double(text) else { return nil }
      self = Int(text).map(Self.whole) ?? .number(number)
    case _ where text.wholeMatch(of: /0x[0-9a-fA-F]+/) != nil:
      guard let whole = Int(text.dropFirst(2), radix: 16) else { return nil }
      self = .whole(whole)
    case _ where text.wholeMatch(of: /0o[0-7]+/) != nil:
      guard let whole = Int(text.dropFirst(2), radix: 8) else { return nil }
      self = .whole(whole)
    case _ where text.wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil:
      // Swift reads no number without digits on both sides of the point.
      guard let number = Double(text.paddingPoint) else { return nil }
      self = .number(number)
    default: return nil
    }
  }
}

extension String {
  /// The number with a digit on each side of its point.
  fileprivate var paddingPoint: String {
    replacing(/^([-+]?)\./) { "\($0.1)0." }.replacing(/\.(?=[eE]|$)/) { _ in ".0" }
  }
}

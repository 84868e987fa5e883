import Yams

extension Node {
  /// Whether nothing is written here.
  var isNull: Bool { scalar.flatMap(SettingValue.init) == .null }

  /// What the node is, for errors: `'abc'`, `null`, `a list`.
  var summary: String {
    switch self {
    case .scalar(let scalar):
      if isNull { return "null" }
      let text = scalar.string.replacing("\n", with: " ")
      return text.count > 40 ? "'\(text.prefix(37))...'" : "'\(text)'"
    case .sequence: return "a list"
    case .mapping: return "a section"
    case .alias: return "an alias"
    }
  }
}

extension SettingValue {
  /// Reads a scalar of a document, or returns nil for a tag of another program.
  init?(_ scalar: Node.Scalar) {
    let isPlain = scalar.style == .plain || scalar.style == .any
    let core = "tag:yaml.org,2002:"
    switch scalar.tag.description {
    case "!", core + "str": self = .text(scalar.string)
    case "", core + "int", core + "float", core + "bool", core + "null":
      self = isPlain ? SettingValue(plain: scalar.string) : .text(scalar.string)
    default: return nil
    }
  }

  /// The value as a scalar that YAML 1.1 and 1.2 read alike.
  fileprivate var scalar: Node.Scalar {
    switch self {
    case .null: return Node.Scalar("null")
    case .bool(let bool): return Node.Scalar("\(bool)")
    case .whole(let whole): return Node.Scalar("\(whole)")
    case .number(let number): return Node.Scalar(number.yaml)
    case .text(let text):
      let plain = Node.Scalar(text)
      let isText = Resolver.default.resolveTag(of: .scalar(plain)) == .str
      return isText && SettingValue(plain: text) == self
        ? plain : Node.Scalar(text, Tag(.str), .singleQuoted)
    }
  }
}

extension Double {
  /// The shortest number in YAML that reads back as this one.
  ///
  /// YAML 1.1 takes `1e-08` for text, so a point is always there.
  fileprivate var yaml: String {
    if isNaN { return ".nan" }
    if isInfinite { return self < 0 ? "-.inf" : ".inf" }
    let text = "\(self)"
    return text.contains(".") ? text : text.replacing("e", with: ".0e", maxReplacements: 1)
  }
}

extension SettingTree {
  /// The tree as a YAML document.
  func yaml() throws -> String {
    try serialize(node: node, width: -1, allowUnicode: true)
  }

  private var node: Node {
    switch self {
    case .section(let entries):
      .mapping(Node.Mapping(entries.map { (Node($0.key), $0.tree.node) }))
    case .list(let elements):
      .sequence(Node.Sequence(elements.map(\.node), .implicit, .flow))
    case .value(let value): .scalar(value.scalar)
    }
  }
}

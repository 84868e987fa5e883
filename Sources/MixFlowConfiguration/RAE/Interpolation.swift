import Yams

/// Replaces OmegaConf's references `${a.b}` in a document by what they name.
///
/// A reference that is the whole value takes the value with its type, one within a text becomes a
/// part of the text; references may hold references, and `${.a}` is a neighbour.
struct Interpolation {
  /// References to references that are followed; more is a mistake or an attack.
  private static let depthLimit = 32
  /// References in a file, those within repeated sections counted again.
  private static let countLimit = 2000

  private let root: Node
  private let source: String
  private var count = 0

  /// Resolves all references of a document.
  ///
  /// - Parameters:
  ///   - root: The document.
  ///   - source: The file's name, for errors.
  /// - Returns: The document without references; lines stay those of the file.
  /// - Throws: ``ConfigurationFileError`` for a key that is not there, a cycle or a resolver.
  static func resolve(_ root: Node, source: String) throws -> Node {
    var interpolation = Interpolation(root: root, source: source)
    return try interpolation.resolve(root, at: [], through: [])
  }

  private init(root: Node, source: String) {
    self.root = root
    self.source = source
  }

  private mutating func resolve(
    _ node: Node, at path: [String], through references: [String]
  ) throws -> Node {
    switch node {
    case .mapping(let mapping):
      var pairs: [(Node, Node)] = []
      for (key, value) in mapping {
        let name = key.scalar?.string ?? key.summary
        pairs.append((key, try resolve(value, at: path + [name], through: references)))
      }
      return .mapping(Node.Mapping(pairs, mapping.tag, mapping.style, mapping.mark))
    case .sequence(let sequence):
      var elements: [Node] = []
      for (index, element) in sequence.enumerated() {
        elements.append(try resolve(element, at: path + ["\(index)"], through: references))
      }
      return .sequence(Node.Sequence(elements, sequence.tag, sequence.style, sequence.mark))
    case .scalar(let scalar) where scalar.string.contains("${"):
      return try resolve(scalar, at: path, through: references)
    default: return node
    }
  }

  private mutating func resolve(
    _ scalar: Node.Scalar, at path: [String], through references: [String]
  ) throws -> Node {
    let place = Place(path: path, line: scalar.mark?.line)
    let text = scalar.string
    if let whole = text.wholeReference {
      let target = try find(whole, from: place, through: references)
      guard case .scalar(var value) = target else { return target }
      value.mark = scalar.mark
      return .scalar(value)
    }
    let joined = try expand(text[...], from: place, through: references)
    return .scalar(Node.Scalar(joined, Tag(.str), .singleQuoted, scalar.mark))
  }

  /// Where a reference stands.
  private struct Place {
    let path: [String]
    let line: Int?
  }

  /// Replaces the references within a text by the texts of what they name.
  private mutating func expand(
    _ text: Substring, from place: Place, through references: [String]
  ) throws -> String {
    guard let start = text.firstRange(of: "${") else { return String(text) }
    let before = text[..<start.lowerBound]
    if before.hasSuffix("\\") {
      let rest = try expand(text[start.upperBound...], from: place, through: references)
      return "\(before.dropLast())${\(rest)"
    }
    guard let end = text.closingBrace(after: start.upperBound) else {
      throw refuse(place, "'\(text)' opens '${' and does not close it")
    }
    let node = try find(text[start.upperBound..<end], from: place, through: references)
    guard let value = node.scalar?.string else {
      throw refuse(place, "'\(text)' puts \(node.summary) into a text; name a single value")
    }
    let rest = try expand(text[text.index(after: end)...], from: place, through: references)
    return "\(before)\(value)\(rest)"
  }

  /// Finds what a reference names, itself resolved.
  private mutating func find(
    _ reference: Substring, from place: Place, through references: [String]
  ) throws -> Node {
    count += 1
    guard count <= Self.countLimit, references.count < Self.depthLimit else {
      throw refuse(place, "references nest too deep or are too many")
    }
    let name = try expand(reference, from: place, through: references)
    guard !name.contains(":") else {
      throw refuse(place, "'${\(name)}' is a resolver of OmegaConf; write its value")
    }
    let keys = absolute(name, from: place)
    let key = keys.joined(separator: ".")
    guard !references.contains(key) else {
      let cycle = (references.drop { $0 != key } + [key]).joined(separator: " -> ")
      throw refuse(place, "'${\(name)}' refers to itself: \(cycle)")
    }
    var (node, path) = (root, [String]())
    for part in keys {
      if let scalar = node.scalar, scalar.string.contains("${") {
        node = try resolve(scalar, at: path, through: references + [key])
      }
      guard let child = node.child(part) else {
        throw refuse(place, "'${\(name)}' names \(key), which is not in the file")
      }
      node = child
      path.append(part)
    }
    return try resolve(node, at: path, through: references + [key])
  }

  /// The keys from the root to what `name` names; each dot after the first goes one level up.
  private func absolute(_ name: String, from place: Place) -> [String] {
    let name = name.replacing("[", with: ".").replacing("]", with: "")
    let dots = name.prefix { $0 == "." }.count
    let keys = name.dropFirst(dots).split(separator: ".").map(String.init)
    return (dots == 0 ? [] : Array(place.path.dropLast(dots))) + keys
  }

  private func refuse(_ place: Place, _ problem: String) -> ConfigurationFileError {
    ConfigurationFileError(
      source: source, line: place.line, key: place.path.joined(separator: "."), problem: problem)
  }
}

extension Node {
  /// The value of a key, or the element at an index.
  fileprivate func child(_ key: String) -> Node? {
    switch self {
    case .mapping(let mapping): mapping.first { $0.key.scalar?.string == key }?.value
    case .sequence(let sequence):
      Int(key).flatMap { sequence.indices.contains($0) ? sequence[$0] : nil }
    default: nil
    }
  }
}

extension String {
  /// What is between the braces where the whole text is one reference.
  fileprivate var wholeReference: Substring? {
    guard hasPrefix("${"), let end = self[...].closingBrace(after: index(startIndex, offsetBy: 2)),
      index(after: end) == endIndex
    else { return nil }
    return self[index(startIndex, offsetBy: 2)..<end]
  }
}

extension Substring {
  /// The brace that closes one opened before `start`.
  fileprivate func closingBrace(after start: Index) -> Index? {
    var depth = 1
    for index in indices[start...] {
      if self[index] == "{" { depth += 1 }
      if self[index] == "}" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }
}

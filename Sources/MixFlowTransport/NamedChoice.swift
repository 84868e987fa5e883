/// A choice that configuration files and flags make by name.
///
/// Reading ignores case and knows the spellings of the upstream repositories, so that their
/// configurations work unchanged; writing uses the raw value.
public protocol NamedChoice: RawRepresentable<String>, CaseIterable, Codable, Hashable, Sendable {
  /// What is chosen, for error messages: `solver`, `path`.
  static var choiceName: String { get }
  /// Further spellings, in lower case, that reading accepts.
  static var aliases: [String: Self] { get }
}

extension NamedChoice {
  public static var aliases: [String: Self] { [:] }

  /// Reads a choice from its name, ignoring case.
  ///
  /// - Parameter name: A raw value or an alias.
  /// - Throws: ``TransportError/unknownName(_:of:known:)`` with the names that would do.
  public init(parsing name: String) throws(TransportError) {
    let key = name.lowercased()
    if let choice = Self.allCases.first(where: { $0.rawValue.lowercased() == key }) {
      self = choice
    } else if let choice = Self.aliases[key] {
      self = choice
    } else {
      throw .unknownName(name, of: Self.choiceName, known: Self.allCases.map(\.rawValue))
    }
  }

  /// Decodes a choice from its name, as ``init(parsing:)`` reads it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    do {
      self = try Self(parsing: name)
    } catch {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: error.description)
    }
  }
}

import Foundation

extension SettingTree {
  /// The spelling of numbers that JSON does not have, on their way through it.
  private static let infinity = ".inf"
  private static let notANumber = ".nan"

  /// Gives the settings their types.
  ///
  /// - Parameter type: What to make.
  /// - Returns: A value of `type`.
  /// - Throws: `DecodingError` where a setting does not fit.
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: Self.infinity, negativeInfinity: "-" + Self.infinity, nan: Self.notANumber)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: Self.infinity, negativeInfinity: "-" + Self.infinity, nan: Self.notANumber)
    return try decoder.decode(type, from: encoder.encode(self))
  }
}

extension SettingTree: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .section(let entries):
      var container = encoder.container(keyedBy: Key.self)
      for entry in entries {
        try container.encode(entry.tree, forKey: Key(stringValue: entry.key))
      }
    case .list(let elements):
      var container = encoder.unkeyedContainer()
      for element in elements { try container.encode(element) }
    case .value(let value):
      var container = encoder.singleValueContainer()
      switch value {
      case .null: try container.encodeNil()
      case .bool(let bool): try container.encode(bool)
      case .whole(let whole): try container.encode(whole)
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      }
    }
  }
}

extension DecodingError {
  /// The place that did not decode: keys joined by dots, indices in brackets.
  var settingPath: String {
    context.codingPath.reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += path.isEmpty ? key.stringValue : "." + key.stringValue
      }
    }
  }

  /// What the place holds when it is right.
  var wanted: String {
    switch self {
    case .typeMismatch(let type, _), .valueNotFound(let type, _): Self.name(of: type)
    // JSON's decoder says so of numbers alone: a fraction, or too large.
    case .dataCorrupted: "a whole number"
    default: "another value"
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is Int.Type: "a whole number"
    case is Double.Type: "a number"
    case is Bool.Type: "true or false"
    case is String.Type: "text"
    default: "\(type)".hasPrefix("Array") ? "a list of numbers" : "\(type)"
    }
  }

  private var context: Context {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .keyNotFound(_, let context), .dataCorrupted(let context):
      context
    @unknown default: Context(codingPath: [], debugDescription: "\(self)")
    }
  }
}

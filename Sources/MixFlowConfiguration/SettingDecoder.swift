/// A setting that does not fit its type.
struct SettingMismatch: Error {
  /// The setting: keys joined by dots, indices in brackets.
  let path: String
  /// What it should be, such as `a whole number`.
  let wanted: String
}

extension SettingTree {
  /// Gives the settings their types.
  ///
  /// Foundation's JSON decoder would do, but forgets the place of a number that is no integer.
  ///
  /// - Parameter type: What to make.
  /// - Returns: A value of `type`.
  /// - Throws: ``SettingMismatch``.
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try SettingDecoder(tree: self, codingPath: []).value(type)
  }
}

private struct SettingDecoder: Decoder {
  let tree: SettingTree
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .section(let entries) = tree else { throw mismatch("a section with keys") }
    return KeyedDecodingContainer(Section<Key>(entries: entries, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let elements) = tree else { throw mismatch("a list") }
    return List(elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

  /// Reads a scalar as `type`, or lets the type read its parts.
  func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
    switch type {
    case is Int.Type: try fit(tree.whole, "a whole number")
    case is Double.Type: try fit(tree.number, "a number")
    case is Bool.Type: try fit(tree.bool, "true or false")
    case is String.Type: try fit(tree.text, "text")
    default: try Value(from: self)
    }
  }

  private func fit<Value>(_ found: Any?, _ wanted: String) throws -> Value {
    guard let value = found as? Value else { throw mismatch(wanted) }
    return value
  }

  private func mismatch(_ wanted: String) -> SettingMismatch {
    let path = codingPath.reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += path.isEmpty ? key.stringValue : "." + key.stringValue
      }
    }
    return SettingMismatch(path: path, wanted: wanted)
  }
}

extension SettingTree {
  fileprivate var isNull: Bool { self == .value(.null) }

  fileprivate var whole: Int? {
    switch self {
    case .value(.whole(let whole)): whole
    case .value(.number(let number)): Int(exactly: number)
    default: nil
    }
  }

  fileprivate var number: Double? {
    switch self {
    case .value(.whole(let whole)): Double(whole)
    case .value(.number(let number)): number
    default: nil
    }
  }

  fileprivate var bool: Bool? {
    if case .value(.bool(let bool)) = self { bool } else { nil }
  }

  fileprivate var text: String? {
    if case .value(.text(let text)) = self { text } else { nil }
  }
}

private struct Section<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let entries: [SettingTree.Entry]
  let codingPath: [any CodingKey]
  var allKeys: [Key] { entries.compactMap { Key(stringValue: $0.key) } }

  func contains(_ key: Key) -> Bool { entries.contains { $0.key == key.stringValue } }

  func decodeNil(forKey key: Key) throws -> Bool { try child(key).tree.isNull }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try child(key).value(type)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try child(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try child(key).unkeyedContainer()
  }

  func superDecoder() -> any Decoder {
    SettingDecoder(tree: .section(entries), codingPath: codingPath)
  }

  func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }

  private func child(_ key: Key) throws -> SettingDecoder {
    guard let entry = entries.first(where: { $0.key == key.stringValue }) else {
      let context = DecodingError.Context(codingPath: codingPath, debugDescription: "no such key")
      throw DecodingError.keyNotFound(key, context)
    }
    return SettingDecoder(tree: entry.tree, codingPath: codingPath + [key])
  }
}

private struct List: UnkeyedDecodingContainer {
  let elements: [SettingTree]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  init(elements: [SettingTree], codingPath: [any CodingKey]) {
    self.elements = elements
    self.codingPath = codingPath
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex].isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try next().value(type)
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try next() }

  private struct Index: CodingKey {
    let intValue: Int?
    var stringValue: String { intValue.map { "\($0)" } ?? "" }
    init(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { nil }
  }

  private mutating func next() throws -> SettingDecoder {
    guard !isAtEnd else {
      let context = DecodingError.Context(codingPath: codingPath, debugDescription: "too short")
      throw DecodingError.valueNotFound(SettingTree.self, context)
    }
    defer { currentIndex += 1 }
    return SettingDecoder(
      tree: elements[currentIndex], codingPath: codingPath + [Index(intValue: currentIndex)])
  }
}

private struct Single: SingleValueDecodingContainer {
  let decoder: SettingDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.tree.isNull }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.value(type) }
}

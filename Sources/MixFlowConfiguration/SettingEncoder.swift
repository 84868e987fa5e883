extension SettingTree {
  /// Takes `value` apart, its keys in the order of their declaration.
  ///
  /// Neither of the encoders at hand does: Foundation's loses the order of keys, Yams' the last
  /// digits of numbers.
  init(encoding value: some Encodable) throws {
    switch value {
    case let value as Bool: self = .value(.bool(value))
    case let value as Int: self = .value(.whole(value))
    case let value as Double: self = .value(.number(value))
    case let value as String: self = .value(.text(value))
    default:
      let encoder = SettingEncoder(codingPath: [])
      try value.encode(to: encoder)
      self = encoder.box.tree
    }
  }
}

/// The tree that an encoder and its containers fill together.
private final class Box {
  var tree = SettingTree.section([])
}

private struct SettingEncoder: Encoder {
  let box = Box()
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    box.tree = .section([])
    return KeyedEncodingContainer(Section<Key>(box: box, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    box.tree = .list([])
    return List(box: box, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    Single(box: box, codingPath: codingPath)
  }
}

private struct Section<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let box: Box
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { append(.value(.null), key) }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    append(try SettingTree(encoding: value), key)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    preconditionFailure("\(key): settings are encoded as values")
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    preconditionFailure("\(key): settings are encoded as values")
  }

  func superEncoder() -> any Encoder { preconditionFailure("settings are no classes") }
  func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }

  private func append(_ tree: SettingTree, _ key: Key) {
    guard case .section(let entries) = box.tree else { return }
    box.tree = .section(entries + [.init(key: key.stringValue, tree: tree)])
  }
}

private struct List: UnkeyedEncodingContainer {
  let box: Box
  let codingPath: [any CodingKey]
  var count: Int { elements.count }

  func encodeNil() { append(.value(.null)) }

  func encode<Value: Encodable>(_ value: Value) throws {
    append(try SettingTree(encoding: value))
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    preconditionFailure("settings are encoded as values")
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    preconditionFailure("settings are encoded as values")
  }

  func superEncoder() -> any Encoder { preconditionFailure("settings are no classes") }

  private var elements: [SettingTree] {
    guard case .list(let elements) = box.tree else { return [] }
    return elements
  }

  private func append(_ tree: SettingTree) { box.tree = .list(elements + [tree]) }
}

private struct Single: SingleValueEncodingContainer {
  let box: Box
  let codingPath: [any CodingKey]

  func encodeNil() { box.tree = .value(.null) }

  func encode<Value: Encodable>(_ value: Value) throws {
    box.tree = try SettingTree(encoding: value)
  }
}

/// The options of a model in a file, where one that is left out has its default.
struct DefaultedOptions<Key: CodingKey> {
  let container: KeyedDecodingContainer<Key>

  init(_ container: KeyedDecodingContainer<Key>) { self.container = container }

  /// Replaces the default by what the file has, if anything.
  func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
    value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
  }
}

/// What a pickle builds: its containers, tensors and storages, each by its place in a list.
struct PickleHeap {
  private(set) var objects: [PickleObject] = []
  private(set) var tensors: [TorchTensor] = []
  private(set) var storages: [TorchStorage] = []
  private var storagePlaces: [String: Int] = [:]

  /// Adds a container.
  mutating func add(_ kind: PickleObject.Kind, _ values: [PickleValue] = []) -> PickleValue {
    objects.append(PickleObject(kind, values))
    return .object(objects.count - 1)
  }

  mutating func add(_ tensor: TorchTensor) -> PickleValue {
    tensors.append(tensor)
    return .tensor(tensors.count - 1)
  }

  /// Returns the place of a storage; nil where another of the same key differs in size.
  mutating func place(of storage: TorchStorage) -> Int? {
    if let place = storagePlaces[storage.key] {
      let known = storages[place]
      return known.type == storage.type && known.count == storage.count ? place : nil
    }
    storagePlaces[storage.key] = storages.count
    storages.append(storage)
    return storages.count - 1
  }

  /// The container that `value` is, if it is one.
  func object(_ value: PickleValue) -> PickleObject? {
    guard case .object(let place) = value else { return nil }
    return objects[place]
  }

  /// The values of a tuple.
  func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard let object = object(value), object.kind == .tuple else { return nil }
    return object.values
  }

  /// The integers of a tuple, such as a shape.
  func integers(_ value: PickleValue) -> [Int]? {
    guard let values = tuple(value), values.count <= TorchTensor.dimensionLimit else { return nil }
    var integers: [Int] = []
    for value in values {
      guard case .int(let integer) = value else { return nil }
      integers.append(integer)
    }
    return integers
  }

  mutating func append(_ values: some Sequence<PickleValue>, to place: Int) {
    for value in values { objects[place].append(value) }
  }

  /// Adds an entry to a dictionary or namespace; returns whether the key is new.
  mutating func insert(_ value: PickleValue, for key: String, in place: Int) -> Bool {
    objects[place].insert(value, for: key)
  }
}

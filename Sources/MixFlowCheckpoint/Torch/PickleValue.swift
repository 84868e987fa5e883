/// A value of a pickle.
///
/// Lists, dictionaries and the like are places in a ``PickleHeap``, so that values share and contain
/// each other as they did in Python, and freeing them takes no recursion however deep they are.
enum PickleValue {
  case nothing
  case bool(Bool)
  case int(Int)
  /// An integer beyond 64 bits: two's complement, little-endian.
  case longInt([UInt8])
  case float(Double)
  case string(String)
  case bytes([UInt8])
  /// A class or function of the allow-list.
  case global(PickleGlobal)
  /// A container in the heap.
  case object(Int)
  /// A tensor, by its place in the list of tensors.
  case tensor(Int)
  case storage(TorchStorage.View)
}

/// A container: a tuple, list, set, dictionary or namespace.
struct PickleObject {
  enum Kind {
    case tuple, list, set, dictionary, namespace
  }

  let kind: Kind
  private(set) var values: [PickleValue] = []
  /// The keys of a dictionary or namespace, one for each value.
  private(set) var keys: [String] = []
  private var seen: Set<String> = []

  init(_ kind: Kind, _ values: [PickleValue] = []) {
    self.kind = kind
    self.values = values
  }

  /// Whether the values have keys.
  var isKeyed: Bool { kind == .dictionary || kind == .namespace }

  mutating func append(_ value: PickleValue) { values.append(value) }

  /// Adds an entry; returns whether the key is new.
  mutating func insert(_ value: PickleValue, for key: String) -> Bool {
    guard seen.insert(key).inserted else { return false }
    keys.append(key)
    values.append(value)
    return true
  }
}

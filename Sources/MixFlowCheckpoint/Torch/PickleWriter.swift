/// Writes a ``TorchItem`` as a pickle of protocol 2, in the instructions that `torch.save` uses.
struct PickleWriter {
  private(set) var bytes: [UInt8] = [PickleOpcode.protocol.rawValue, 2]
  /// The tensors in the order of the keys of their storages.
  private(set) var tensors: [(key: String, value: StoredTensor)] = []
  /// The places of what was written, by its bytes: equal texts may differ in them.
  private var memo: [[UInt8]: Int] = [:]

  /// Writes `root` and the end of the pickle.
  init(_ root: TorchItem) throws(TorchItemError) {
    try write(root, at: "")
    put(.stop)
  }

  private mutating func write(_ item: TorchItem, at path: String) throws(TorchItemError) {
    switch item {
    case .none: put(.none)
    case .bool(let value): put(value ? .newTrue : .newFalse)
    case .int(let value): write(value)
    case .float(let value):
      put(.binaryFloat)
      bytes.append(value.bitPattern.byteSwapped)
    case .string(let text): try write(text)
    case .list(let items):
      put(.emptyList)
      try writeItems(items.enumerated().map { (nil, $0.element, "\($0.offset)") }, .appends, path)
    case .tuple(let items):
      put(.mark)
      for (index, item) in items.enumerated() { try write(item, at: "\(path).\(index)") }
      put(.tuple)
    case .dictionary(let entries):
      put(.emptyDictionary)
      try write(entries, at: path)
    case .ordered(let entries):
      writeOrderedDictionary()
      try write(entries.map { (key: .string($0.key), value: $0.value) }, at: path)
    case .namespace(let entries):
      write(global: "argparse\nNamespace")
      put(.emptyTuple)
      put(.newObject)
      put(.emptyDictionary)
      try write(entries.map { (key: .string($0.key), value: $0.value) }, at: path)
      put(.build)
    case .tensor(let tensor): try write(tensor)
    }
  }

  private mutating func write(
    _ entries: [(key: TorchItem, value: TorchItem)], at path: String
  ) throws(TorchItemError) {
    var seen: Set<String> = []
    var items: [(TorchItem?, TorchItem, String)] = []
    for (key, value) in entries {
      let name: String
      switch key {
      case .string(let text): name = text
      case .int(let number): name = "\(number)"
      default: throw TorchItemError(reason: "a key of '\(path)' is neither text nor an integer")
      }
      guard seen.insert(name).inserted else {
        throw TorchItemError(reason: "the key '\(name)' is used twice")
      }
      items.append((key, value, name))
    }
    try writeItems(items, .setItems, path)
  }

  private mutating func writeItems(
    _ items: [(key: TorchItem?, value: TorchItem, name: String)], _ opcode: PickleOpcode,
    _ path: String
  ) throws(TorchItemError) {
    guard !items.isEmpty else { return }
    put(.mark)
    for (key, value, name) in items {
      if let key { try write(key, at: path) }
      try write(value, at: path.isEmpty ? name : "\(path).\(name)")
    }
    put(opcode)
  }

  private mutating func write(_ value: Int) {
    if let byte = UInt8(exactly: value) {
      put(.binaryInt1)
      bytes.append(byte)
    } else if let short = UInt16(exactly: value) {
      put(.binaryInt2)
      bytes.append(contentsOf: [UInt8(truncatingIfNeeded: short), UInt8(short >> 8)])
    } else if let int = Int32(exactly: value) {
      put(.binaryInt)
      bytes.append(int)
    } else {
      put(.long1)
      bytes.append(UInt8(8))
      bytes.append(Int64(value))
    }
  }

  private mutating func write(_ text: String) throws(TorchItemError) {
    let memoised = [PickleOpcode.binaryUnicode.rawValue] + text.utf8
    guard !recall(memoised) else { return }
    guard let count = UInt32(exactly: text.utf8.count) else {
      throw TorchItemError(reason: "a text of \(text.utf8.count) bytes")
    }
    put(.binaryUnicode)
    bytes.append(count)
    bytes += Array(text.utf8)
    remember(memoised)
  }

  private mutating func write(global: String) {
    let instruction = [PickleOpcode.global.rawValue] + "\(global)\n".utf8
    guard !recall(instruction) else { return }
    bytes += instruction
    remember(instruction)
  }

  private mutating func writeOrderedDictionary() {
    write(global: "collections\nOrderedDict")
    put(.emptyTuple)
    put(.reduce)
  }

  private mutating func write(_ tensor: StoredTensor) throws(TorchItemError) {
    let key = "\(tensors.count)"
    guard let storage = tensor.type.torchStorage else {
      throw TorchItemError(reason: "PyTorch has no storage of \(tensor.type.rawValue)")
    }
    tensors.append((key, tensor))
    write(global: "torch._utils\n_rebuild_tensor_v2")
    put(.mark)
    put(.mark)
    try write("storage")
    write(global: "torch\n\(storage)")
    try write(key)
    try write("cpu")
    write(tensor.count)
    put(.tuple)
    put(.persistentID)
    write(0)
    write(tuple: tensor.shape)
    write(tuple: rowMajorStrides(tensor.shape))
    put(.newFalse)
    writeOrderedDictionary()
    put(.tuple)
    put(.reduce)
  }

  private mutating func write(tuple values: [Int]) {
    put(.mark)
    for value in values { write(value) }
    put(.tuple)
  }

  // MARK: The memo

  private mutating func recall(_ key: [UInt8]) -> Bool {
    guard let place = memo[key] else { return false }
    put(.longGet)
    bytes.append(UInt32(place))
    return true
  }

  private mutating func remember(_ key: [UInt8]) {
    put(.longPut)
    bytes.append(UInt32(memo.count))
    memo[key] = memo.count
  }

  private mutating func put(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }
}

/// What a checkpoint cannot hold.
struct TorchItemError: Error {
  let reason: String
}

/// Returns the strides of row-major order; empty dimensions count as one, as in PyTorch.
private func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() {
    strides[axis] = strides[axis + 1] * max(1, shape[axis + 1])
  }
  return strides
}

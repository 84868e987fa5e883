extension PickleMachine {
  /// Looks up names and builds what they stand for.
  mutating func refer(_ opcode: PickleOpcode) throws(TorchFault) {
    switch opcode {
    case .global:
      let module = try reader.line()
      try push(try lookUp(module, try reader.line()))
    case .stackGlobal:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw malformed("a name is no text")
      }
      try push(try lookUp(module, name))
    case .persistentID: try push(.storage(try storage(try pop())))
    case .build: try build()
    default:
      guard let arguments = heap.tuple(try pop()) else { throw malformed("arguments are no tuple") }
      guard case .global(let global) = try pop() else {
        throw malformed("it calls what is no class or function")
      }
      try push(try apply(global, to: arguments))
    }
  }

  private func lookUp(_ module: String, _ name: String) throws(TorchFault) -> PickleValue {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw TorchFault.global("\(module).\(name)", offset: reader.instruction)
    }
    return .global(global)
  }

  private mutating func apply(
    _ global: PickleGlobal, to arguments: [PickleValue]
  ) throws(TorchFault) -> PickleValue {
    switch global {
    case .namespace where arguments.isEmpty: return try make(.namespace)
    case .orderedDictionary: return try orderedDictionary(arguments)
    case .defaultDictionary:
      switch arguments.first {
      case nil, .nothing?, .global(.factory)?, .global(.set)?, .global(.orderedDictionary)?:
        return try make(.dictionary)
      default: break
      }
    case .set:
      guard arguments.count == 1, let items = heap.object(arguments[0]), !items.isKeyed else {
        break
      }
      try charge(items.values.count)
      return try make(.set, items.values)
    case .size:
      guard arguments.count == 1, heap.integers(arguments[0]) != nil else { break }
      return arguments[0]
    case .encode:
      guard case .string(let text)? = arguments.first, let bytes = text.latin1 else { break }
      try charge(bytes.count)
      return .bytes(bytes)
    case .path: return .string(try path(arguments))
    case .device: return .string(try device(arguments))
    case .rebuildTensor(let form): return try tensor(form, arguments)
    case .rebuildParameter:
      guard case .tensor? = arguments.first else { break }
      return arguments[0]
    case .rebuildFromType:
      // The function, the class, its arguments and the attributes, which are left out.
      guard arguments.count == 4, case .global(let function) = arguments[0],
        case .global(.tensorClass) = arguments[1], let inner = heap.tuple(arguments[2])
      else { break }
      switch function {
      case .rebuildTensor, .rebuildParameter: return try apply(function, to: inner)
      default: break
      }
    default: break
    }
    throw malformed(
      "\(arguments.count) arguments of a class or function are not as PyTorch writes them")
  }

  /// Builds from nothing or, as Python 2 wrote it, from a list of pairs.
  private mutating func orderedDictionary(
    _ arguments: [PickleValue]
  ) throws(TorchFault) -> PickleValue {
    let dictionary = try make(.dictionary)
    guard let first = arguments.first else { return dictionary }
    guard arguments.count == 1, let pairs = heap.object(first), pairs.kind == .list,
      case .object(let place) = dictionary
    else { throw malformed("an ordered dictionary is made of something else than pairs") }
    try charge(pairs.values.count)
    for pair in pairs.values {
      guard let items = heap.object(pair)?.values, items.count == 2 else {
        throw malformed("an ordered dictionary is made of something else than pairs")
      }
      try insert(items[1], for: items[0], in: place)
    }
    return dictionary
  }

  private mutating func path(_ arguments: [PickleValue]) throws(TorchFault) -> String {
    var parts: [String] = []
    for case .string(let part) in arguments {
      try charge(part.utf8.count)
      parts.append(part)
    }
    let path = parts.joined(separator: "/")
    return path.hasPrefix("//") ? String(path.dropFirst()) : path
  }

  private mutating func device(_ arguments: [PickleValue]) throws(TorchFault) -> String {
    guard case .string(let kind)? = arguments.first else { throw malformed("a device has no name") }
    try charge(kind.utf8.count)
    guard arguments.count > 1, case .int(let index) = arguments[1] else { return kind }
    return "\(kind):\(index)"
  }

  /// Gives a namespace its entries; attributes of other values, such as the versions that a state
  /// dict carries, are left out.
  private mutating func build() throws(TorchFault) {
    let state = try pop()
    let target = try pop()
    try push(target)
    guard case .object(let place) = target else {
      throw malformed("it sets attributes of what has none")
    }
    guard heap.objects[place].kind == .namespace else { return }
    guard let entries = heap.object(state), entries.kind == .dictionary else {
      throw malformed("the attributes of a namespace are no dictionary")
    }
    try charge(entries.values.count)
    for (key, value) in zip(entries.keys, entries.values) {
      try insert(value, for: .string(key), in: place)
    }
  }

  // MARK: Tensors

  /// Reads a persistent identifier: `('storage', class, key, location, count)`, and in the old
  /// format the view that it is of the storage.
  private mutating func storage(_ value: PickleValue) throws(TorchFault) -> TorchStorage.View {
    guard let fields = heap.tuple(value), (5...6).contains(fields.count),
      case .string("storage") = fields[0], case .global(.storage(let type)) = fields[1],
      case .string(let key) = fields[2], case .int(let count) = fields[4]
    else { throw malformed("a persistent identifier does not name a storage") }
    guard count >= 0, TensorInfo.byteCount(of: type, shape: [count]) != nil else {
      throw fault("a storage of \(count) elements")
    }
    guard let place = place(of: TorchStorage(key: key, type: type, count: count)) else {
      throw fault("the storage \(key) is described twice in two ways")
    }
    let whole = TorchStorage.View(storage: place, start: 0, count: count)
    guard fields.count == 6, let view = heap.tuple(fields[5]) else { return whole }
    guard view.count == 3, case .int(let start) = view[1], case .int(let size) = view[2],
      start >= 0, size >= 0, start <= count, size <= count - start
    else { throw fault("a view does not lie in the storage \(key)") }
    return TorchStorage.View(storage: place, start: start, count: size)
  }

  private mutating func tensor(
    _ form: TorchRebuild, _ arguments: [PickleValue]
  ) throws(TorchFault) -> PickleValue {
    // (storage, offset, shape, strides), (…, requires_grad, hooks, metadata) or
    // (…, requires_grad, hooks, type, metadata).
    guard arguments.count >= 4, case .storage(let view) = arguments[0],
      case .int(let offset) = arguments[1], let shape = heap.integers(arguments[2]),
      let strides = heap.integers(arguments[3])
    else { throw malformed("a tensor is not described as PyTorch does") }
    let storage = heap.storages[view.storage]
    var type = storage.type
    if form == .third {
      guard arguments.count >= 7, case .global(.scalarType(let named)) = arguments[6] else {
        throw malformed("a tensor has no element type")
      }
      type = named
    }
    let metadata = form == .third ? 7 : 6
    if arguments.count > metadata, heap.object(arguments[metadata])?.values.isEmpty != true {
      throw fault("it is to be conjugated or negated when it is read; call resolve_conj() on it")
    }
    let width = storage.type.bitWidth / 8
    do {
      return try add(
        TorchTensor(
          storage: view.storage, available: view.count * width, type: type,
          start: view.start * width, offset: offset, shape: shape, strides: strides))
    } catch let error as TorchLayoutError {
      throw fault(error.reason)
    } catch let error as TorchFault {
      throw error
    } catch {
      throw fault("\(error)")
    }
  }

  private func fault(_ reason: String) -> TorchFault {
    .tensor(reason, offset: reader.instruction)
  }
}

extension String {
  /// The bytes of a text in Latin-1, or nil where it is not.
  fileprivate var latin1: [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}

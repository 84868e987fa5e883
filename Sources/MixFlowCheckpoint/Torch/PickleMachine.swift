/// Interprets a pickle as data.
///
/// The stack machine of Python's `pickle`, without what makes it run code: a name outside
/// ``PickleGlobal`` and an instruction outside ``PickleOpcode`` end it. It takes one step for each
/// instruction, and what it builds is limited, so that no file holds it up.
struct PickleMachine {
  /// The most containers, values on the stack and memoised values, and the most that all copies of
  /// shared values may take together; a checkpoint of a thousand tensors makes some ten thousand.
  static let limit = 1_000_000
  /// The most values in all containers together, such as the numbers of a list of losses.
  static let valueLimit = 4_000_000

  private(set) var heap = PickleHeap()
  var reader: PickleReader
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [UInt32: PickleValue] = [:]
  private var copied = 0
  private var held = 0

  /// Prepares to read the pickle in `bytes`, which begin at `base` in the file.
  init(_ bytes: UnsafeRawBufferPointer, at base: Int) {
    reader = PickleReader(bytes, at: base)
  }

  /// Runs to the end of the pickle.
  ///
  /// - Returns: The value that it describes.
  /// - Throws: ``TorchFault`` for whatever is not plain data.
  mutating func run() throws(TorchFault) -> PickleValue {
    stack = []
    marks = []
    memo = [:]
    while true {
      let opcode = try reader.opcode()
      if opcode == .stop {
        let value = try pop()
        guard stack.isEmpty else { throw malformed("it leaves values behind") }
        return value
      }
      try execute(opcode)
    }
  }

  private mutating func execute(_ opcode: PickleOpcode) throws(TorchFault) {
    switch opcode {
    case .protocol:
      let version: UInt8 = try reader.integer()
      guard (2...5).contains(version) else { throw malformed("protocol \(version)") }
    case .frame: let _: UInt64 = try reader.integer()
    case .mark:
      try limit(marks.count, "a nesting")
      marks.append(stack.count)
    case .pop: _ = try pop()
    case .popMark: _ = try popMark()
    case .duplicate: try push(try top())
    case .get, .longGet, .put, .longPut, .memoize: try remember(opcode)
    case .global, .stackGlobal, .persistentID, .newObject, .reduce, .build: try refer(opcode)
    case .emptyList, .emptyDictionary, .emptySet, .emptyTuple, .tuple, .tuple1, .tuple2, .tuple3,
      .frozenSet:
      try makeContainer(opcode)
    case .append, .appends, .addItems, .setItem, .setItems: try fillContainer(opcode)
    default: try push(try literal(opcode))
    }
  }

  // MARK: The stack

  mutating func push(_ value: PickleValue) throws(TorchFault) {
    try limit(stack.count, "a stack")
    stack.append(value)
  }

  mutating func pop() throws(TorchFault) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw malformed("it takes a value that is not there")
    }
    return value
  }

  private func top() throws(TorchFault) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw malformed("it takes a value that is not there")
    }
    return value
  }

  private mutating func popMark() throws(TorchFault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw malformed("it takes a mark that is not there") }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func remember(_ opcode: PickleOpcode) throws(TorchFault) {
    let key: UInt32
    switch opcode {
    case .get, .put: key = UInt32(try reader.integer() as UInt8)
    case .memoize: key = UInt32(truncatingIfNeeded: memo.count)
    default: key = try reader.integer()
    }
    if opcode == .get || opcode == .longGet {
      guard let value = memo[key] else { throw malformed("no value is memoised as \(key)") }
      try push(value)
    } else {
      try limit(memo.count, "a memo")
      memo[key] = try top()
    }
  }

  // MARK: Values

  private mutating func literal(_ opcode: PickleOpcode) throws(TorchFault) -> PickleValue {
    switch opcode {
    case .none: return .nothing
    case .newTrue: return .bool(true)
    case .newFalse: return .bool(false)
    case .binaryInt: return .int(Int(try reader.integer() as Int32))
    case .binaryInt1: return .int(Int(try reader.integer() as UInt8))
    case .binaryInt2: return .int(Int(try reader.integer() as UInt16))
    case .long1: return .integer(try reader.take(try reader.length(UInt8.self)))
    case .long4: return .integer(try reader.take(try reader.length(Int32.self)))
    case .binaryFloat:
      return .float(Double(bitPattern: (try reader.integer() as UInt64).byteSwapped))
    case .shortBinaryUnicode: return .string(try reader.text(try reader.length(UInt8.self)))
    case .binaryUnicode: return .string(try reader.text(try reader.length(UInt32.self)))
    case .binaryUnicode8: return .string(try reader.text(try reader.length(UInt64.self)))
    // Strings of Python 2.
    case .shortBinaryString: return .string(try reader.text(try reader.length(UInt8.self)))
    case .binaryString: return .string(try reader.text(try reader.length(Int32.self)))
    case .shortBinaryBytes: return .bytes(Array(try reader.take(try reader.length(UInt8.self))))
    case .binaryBytes: return .bytes(Array(try reader.take(try reader.length(UInt32.self))))
    case .binaryBytes8: return .bytes(Array(try reader.take(try reader.length(UInt64.self))))
    default: throw TorchFault.opcode(opcode.rawValue, offset: reader.instruction)
    }
  }

  private mutating func makeContainer(_ opcode: PickleOpcode) throws(TorchFault) {
    switch opcode {
    case .emptyList: try push(try make(.list))
    case .emptyDictionary: try push(try make(.dictionary))
    case .emptySet: try push(try make(.set))
    case .emptyTuple: try push(try make(.tuple))
    case .tuple: try push(try make(.tuple, try popMark()))
    case .frozenSet: try push(try make(.set, try popMark()))
    default:
      var values: [PickleValue] = []
      for _ in PickleOpcode.tuple1.rawValue...opcode.rawValue { values.append(try pop()) }
      try push(try make(.tuple, values.reversed()))
    }
  }

  private mutating func fillContainer(_ opcode: PickleOpcode) throws(TorchFault) {
    let values: [PickleValue]
    switch opcode {
    case .append: values = [try pop()]
    case .setItem:
      let value = try pop()
      values = [try pop(), value]
    default: values = try popMark()
    }
    guard case .object(let place) = try top() else {
      throw malformed("it adds items to what is no container")
    }
    try hold(values.count)
    let kind = heap.objects[place].kind
    switch opcode {
    case .append, .appends:
      guard kind == .list else { throw malformed("it appends to what is no list") }
      heap.append(values, to: place)
    case .addItems:
      guard kind == .set else { throw malformed("it adds to what is no set") }
      heap.append(values, to: place)
    default:
      guard kind == .dictionary, values.count.isMultiple(of: 2) else {
        throw malformed("it sets items of what is no dictionary")
      }
      for index in stride(from: 0, to: values.count, by: 2) {
        try insert(values[index + 1], for: values[index], in: place)
      }
    }
  }

  // MARK: Checks

  /// Adds a container, of which there may be so many.
  mutating func make(
    _ kind: PickleObject.Kind, _ values: [PickleValue] = []
  ) throws(TorchFault) -> PickleValue {
    try limit(heap.objects.count, "a number of containers")
    try hold(values.count)
    return heap.add(kind, values)
  }

  mutating func insert(
    _ value: PickleValue, for key: PickleValue, in place: Int
  ) throws(TorchFault) {
    guard let text = key.key else { throw malformed("a key is neither text nor a number") }
    guard heap.insert(value, for: text, in: place) else {
      throw TorchFault.duplicateKey(text, offset: reader.instruction)
    }
  }

  mutating func add(_ tensor: TorchTensor) throws(TorchFault) -> PickleValue {
    try limit(heap.tensors.count, "a number of tensors")
    return heap.add(tensor)
  }

  mutating func place(of storage: TorchStorage) -> Int? { heap.place(of: storage) }

  /// Counts what is copied from values that may be shared, which small files could repeat forever.
  mutating func charge(_ count: Int) throws(TorchFault) {
    copied += count
    try limit(copied, "a number of copies")
  }

  /// Counts what containers hold.
  private mutating func hold(_ count: Int) throws(TorchFault) {
    held += count
    guard held <= Self.valueLimit else {
      throw TorchFault.limit("a number of values of \(held)", offset: reader.instruction)
    }
  }

  private func limit(_ count: Int, _ what: String) throws(TorchFault) {
    guard count < Self.limit else {
      throw TorchFault.limit("\(what) of \(count)", offset: reader.instruction)
    }
  }

  func malformed(_ reason: String) -> TorchFault {
    .pickle(reason, offset: reader.instruction)
  }
}

extension PickleValue {
  /// Decodes an integer of any length.
  fileprivate static func integer(_ bytes: UnsafeRawBufferPointer) -> PickleValue {
    guard let last = bytes.last else { return .int(0) }
    guard bytes.count <= 8 else { return .longInt(Array(bytes)) }
    var bits: UInt64 = last >= 0x80 ? .max : 0
    for byte in bytes.reversed() { bits = bits << 8 | UInt64(byte) }
    return .int(Int(Int64(bitPattern: bits)))
  }
}

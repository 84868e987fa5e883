/// Reads the instructions of a pickle and their operands, within bounds.
struct PickleReader {
  private let bytes: UnsafeRawBufferPointer
  private let base: Int
  /// The offset in the bytes of what is read next.
  private(set) var position = 0
  /// The offset in the file of the instruction last read.
  private(set) var instruction = 0

  /// Reads `bytes`, which begin at `base` in the file.
  init(_ bytes: UnsafeRawBufferPointer, at base: Int) {
    self.bytes = bytes
    self.base = base
  }

  /// Reads the next instruction.
  mutating func opcode() throws(TorchFault) -> PickleOpcode {
    instruction = base + position
    let code: UInt8 = try integer()
    guard let opcode = PickleOpcode(rawValue: code) else {
      throw TorchFault.opcode(code, offset: instruction)
    }
    return opcode
  }

  /// Reads a little-endian integer.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>() throws(TorchFault) -> Value {
    guard let value = bytes.integer(Value.self, at: position) else { throw end }
    position += MemoryLayout<Value>.size
    return value
  }

  /// Reads a length of the given type.
  mutating func length<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(TorchFault) -> Int {
    let value: Value = try integer()
    guard let length = Int(exactly: value), length >= 0, length <= bytes.count - position else {
      throw TorchFault.pickle("a length of \(value) runs past the end", offset: instruction)
    }
    return length
  }

  /// Reads `count` bytes.
  mutating func take(_ count: Int) throws(TorchFault) -> UnsafeRawBufferPointer {
    guard let slice = bytes.slice(at: position, count: count) else { throw end }
    position += count
    return slice
  }

  /// Reads `count` bytes of UTF-8.
  mutating func text(_ count: Int) throws(TorchFault) -> String {
    guard let text = try take(count).text else {
      throw TorchFault.pickle("a string is not UTF-8 text", offset: instruction)
    }
    return text
  }

  /// Reads up to the end of a line.
  mutating func line() throws(TorchFault) -> String {
    // No name is longer, so that a missing end of line is found soon.
    let rest = UnsafeRawBufferPointer(rebasing: bytes[position...].prefix(1 << 10))
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw TorchFault.pickle("a name has no end", offset: instruction)
    }
    defer { position += 1 }
    return try text(end)
  }

  private var end: TorchFault {
    .pickle("it ends in the middle of an instruction; cut short?", offset: instruction)
  }
}

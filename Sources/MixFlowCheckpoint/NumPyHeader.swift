/// The header of a `.npy` file: the magic string, the format version and a Python dictionary.
struct NumPyHeader: Equatable, Sendable {
  let type: ScalarType
  let shape: [Int]
  /// The number of bytes of all elements.
  let byteCount: Int

  /// The longest header that is read, far above what NumPy writes for a plain array.
  static let limit = 1 << 16
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let typeNames: [(name: String, type: ScalarType)] = [
    ("|b1", .bool), ("|u1", .uint8), ("|i1", .int8), ("<u2", .uint16), ("<i2", .int16),
    ("<u4", .uint32), ("<i4", .int32), ("<u8", .uint64), ("<i8", .int64), ("<f2", .float16),
    ("<f4", .float32), ("<f8", .float64),
  ]

  /// Describes an array to be written.
  ///
  /// Returns nil if NumPy has no such type or the shape is negative or too large.
  init?(type: ScalarType, shape: [Int]) {
    guard Self.typeNames.contains(where: { $0.type == type }),
      let byteCount = TensorInfo.byteCount(of: type, shape: shape)
    else { return nil }
    self.type = type
    self.shape = shape
    self.byteCount = byteCount
  }

  /// Reads a header from bytes that `read` supplies in order.
  ///
  /// - Parameter read: Returns the next bytes, as many as asked for, or fewer at the end.
  /// - Throws: ``NumPyFault``, or what `read` throws.
  init(read: (Int) throws -> [UInt8]) throws {
    let start = try read(8)
    guard start.count == 8, Array(start[..<6]) == Self.magic else { throw NumPyFault.notNumPy }
    guard (1...3).contains(start[6]), start[7] == 0 else {
      throw NumPyFault.version(Int(start[6]), Int(start[7]))
    }
    let width = start[6] == 1 ? 2 : 4
    let lengthBytes = try read(width)
    guard lengthBytes.count == width else { throw NumPyFault.notNumPy }
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.limit else { throw NumPyFault.header("it states \(length) bytes") }
    let text = try read(length)
    guard text.count == length else { throw NumPyFault.notNumPy }
    try self.init(dictionary: text)
  }

  private init(dictionary text: [UInt8]) throws(NumPyFault) {
    let fields = try NumPyDictionary(text)
    guard !fields.fortranOrder else { throw NumPyFault.fortranOrder }
    let name = fields.typeName
    // NumPy marks one-byte types with a bar; some writers use `<`.
    let known = Self.typeNames.first { $0.name == name || ($0.name == "|" + name.dropFirst()) }
    guard let type = known?.type, name.first == "<" || name.first == "|" else {
      throw NumPyFault.unsupportedType(name)
    }
    guard let byteCount = TensorInfo.byteCount(of: type, shape: fields.shape) else {
      throw NumPyFault.shape(fields.shape)
    }
    self.type = type
    shape = fields.shape
    self.byteCount = byteCount
  }

  /// The header as `numpy.save` writes it, format 1.0, padded so that the data begins at a
  /// multiple of 64 bytes.
  var bytes: [UInt8] {
    let name = Self.typeNames.first { $0.type == type }?.name ?? ""
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = Array("{'descr': '\(name)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
    // NumPy leaves room for the first dimension to grow to 21 digits.
    let room = shape.first.map { 21 - String($0).count } ?? 0
    text += [UInt8](repeating: UInt8(ascii: " "), count: max(0, room))
    let unpadded = Self.magic.count + 4 + text.count + 1
    text += [UInt8](repeating: UInt8(ascii: " "), count: -unpadded & 63)
    text.append(UInt8(ascii: "\n"))
    return Self.magic + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
  }
}

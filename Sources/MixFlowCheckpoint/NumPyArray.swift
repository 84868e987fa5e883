import MixFlowTensor

/// An array as NumPy stores it, in row-major order.
public struct NumPyArray: Equatable, Sendable {
  /// The element type.
  public let type: ScalarType
  /// The sizes of the dimensions, outermost first.
  public let shape: [Int]
  /// The elements, little-endian.
  public let bytes: [UInt8]

  /// Creates an array of unsigned bytes.
  public init(bytes: [UInt8], shape: [Int]) {
    precondition(
      shape.reduce(1, *) == bytes.count, "shape \(shape) does not hold \(bytes.count) bytes")
    type = .uint8
    self.shape = shape
    self.bytes = bytes
  }

  /// Creates an array of float32 from a tensor.
  public init(_ tensor: Tensor) {
    type = .float32
    shape = tensor.shape
    bytes = tensor.withUnsafeBufferPointer { Array(UnsafeRawBufferPointer($0)) }
  }

  /// Creates an array of float64.
  public init(doubles values: [Double], shape: [Int]) {
    precondition(
      shape.reduce(1, *) == values.count, "shape \(shape) does not hold \(values.count) values")
    type = .float64
    self.shape = shape
    bytes = values.withUnsafeBytes { Array($0) }
  }

  init(header: NumPyHeader, bytes: [UInt8]) {
    type = header.type
    shape = header.shape
    self.bytes = bytes
  }

  /// Reads a `.npy` file of format 1, 2 or 3.
  ///
  /// - Parameter path: A file that `numpy.save` wrote; pickled objects are refused.
  /// - Throws: ``CheckpointError`` if it cannot be read or is malformed.
  public init(contentsOf path: String) throws(CheckpointError) {
    let (file, header, start) = try Self.open(path)
    try file.checkSize()
    self.init(
      header: header, bytes: withExtendedLifetime(file) { Array(file.bytes[start...]) })
  }

  /// Returns the type and shape of a `.npy` file, which is checked but not read.
  ///
  /// - Parameter path: A file that `numpy.save` wrote.
  /// - Returns: The element type and the sizes of the dimensions, outermost first.
  /// - Throws: ``CheckpointError`` if it cannot be read or is malformed.
  public static func info(
    contentsOf path: String
  ) throws(CheckpointError) -> (type: ScalarType, shape: [Int]) {
    let header = try open(path).header
    return (header.type, header.shape)
  }

  /// Maps a file whose header fits its size; its elements begin at `start`.
  private static func open(
    _ path: String
  ) throws(CheckpointError) -> (file: MappedFile, header: NumPyHeader, start: Int) {
    let file = try MappedFile(path: path)
    do {
      var start = 0
      let header = try NumPyHeader { count in
        let bytes = Array(file.bytes.dropFirst(start).prefix(count))
        start += bytes.count
        return bytes
      }
      guard file.count - start == header.byteCount else {
        throw NumPyFault.size(needed: header.byteCount, found: file.count - start)
      }
      return (file, header, start)
    } catch {
      throw CheckpointError.numPy(
        error as? NumPyFault ?? .archive("\(error)"), array: nil, file: path)
    }
  }

  /// Writes a `.npy` file of format 1.0 atomically, with the bytes that `numpy.save` would write.
  ///
  /// - Parameter path: A file to create or replace.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``.
  public func write(to path: String) throws(CheckpointError) {
    var file = try AtomicFile(replacing: path)
    try file.write(header.bytes)
    try file.write(bytes)
    try file.commit()
  }

  /// The elements in float32, rounded to nearest where it cannot hold them.
  public var tensor: Tensor {
    Tensor(shape: shape) { elements in bytes.withUnsafeBytes { type.widen($0, into: elements) } }
  }

  /// The elements in float64.
  public var doubles: [Double] {
    let total = shape.reduce(1, *)
    return [Double](unsafeUninitializedCapacity: total) { buffer, count in
      let elements = UnsafeMutableBufferPointer(rebasing: buffer[..<total])
      bytes.withUnsafeBytes { type.widen($0, into: elements) }
      count = total
    }
  }

  /// The elements as integers, or nil if they are floating-point numbers or exceed `Int.max`.
  public var integers: [Int]? {
    type.isInteger ? bytes.withUnsafeBytes { try? type.integers($0).get() } : nil
  }

  var header: NumPyHeader {
    guard let header = NumPyHeader(type: type, shape: shape) else {
      preconditionFailure("\(type.rawValue) of shape \(shape) is not a NumPy array")
    }
    return header
  }
}

import Foundation
import MixFlowTensor

/// A safetensors file, mapped and validated when it is opened.
///
/// Names, shapes and metadata come from the header; elements are read when asked for. Float32
/// tensors read the mapped memory in place and keep it alive by themselves.
public struct SafeTensorsFile: Sendable {
  private let file: MappedFile
  private let header: SafeTensorsHeader

  /// The path that was opened.
  public var path: String { file.path }
  /// The entries of `__metadata__`.
  public var metadata: [String: String] { header.metadata }
  /// The names of the tensors in the order of their data.
  public var names: [String] { header.names }

  /// Maps `path` and validates its header.
  ///
  /// - Parameter path: A file in the safetensors format.
  /// - Throws: ``CheckpointError`` if the file cannot be read or breaks the format anywhere.
  public init(contentsOf path: String) throws(CheckpointError) {
    file = try MappedFile(path: path)
    do {
      header = try SafeTensorsHeader(of: file.bytes)
    } catch {
      throw CheckpointError.safeTensors(error, file: path)
    }
  }

  /// Whether the file holds a tensor called `name`.
  public func contains(_ name: String) -> Bool { header.tensors[name] != nil }

  /// Looks up the tensor called `name`.
  ///
  /// - Parameter name: A tensor in the file.
  /// - Returns: Its type, its shape and its place in the file.
  /// - Throws: ``CheckpointError/missing(key:nearest:file:)``.
  public func info(for name: String) throws(CheckpointError) -> TensorInfo {
    guard let info = header.tensors[name] else {
      throw CheckpointError.missing(
        key: name, nearest: nearest(to: name, among: names), file: path)
    }
    return info
  }

  /// Reads the tensor called `name` in float32.
  ///
  /// Float32 data is read in place, without a copy, when it lies at a multiple of four bytes, as
  /// upstream's writer ensures. Other types are converted, rounding to nearest where float32
  /// cannot hold the value.
  ///
  /// - Parameter name: A tensor in the file.
  /// - Returns: A tensor of the stored shape.
  /// - Throws: ``CheckpointError`` if there is no such tensor or its type cannot be read.
  public func tensor(_ name: String) throws(CheckpointError) -> Tensor {
    let (info, bytes) = try region(name)
    if info.type == .float32, let base = bytes.baseAddress, !bytes.isEmpty,
      UInt(bitPattern: base).isMultiple(of: UInt(MemoryLayout<Float>.alignment))
    {
      return Tensor(
        shape: info.shape, reading: base.assumingMemoryBound(to: Float.self), owner: file)
    }
    guard info.type.isReadableFloat || info.type.isInteger else {
      throw CheckpointError.type(key: name, found: info.type, wanted: "float32", file: path)
    }
    if let format = HalfPrecision(info.type) {
      return Tensor(shape: info.shape, widening: bytes, from: format)
    }
    return Tensor(shape: info.shape) { info.type.widen(bytes, into: $0) }
  }

  /// Reads the elements of `name` in float32 into memory of their own and leaves none of the file's
  /// in use.
  ///
  /// - Parameter name: A tensor of floating-point numbers or integers.
  /// - Returns: The elements, rounded to nearest where float32 does not hold them.
  /// - Throws: ``CheckpointError`` if there is no such tensor or its type cannot be read.
  public func copy(_ name: String) throws(CheckpointError) -> Tensor {
    let copy = Tensor(copying: try tensor(name))
    file.releasePages(of: try info(for: name).range)
    return copy
  }

  /// Reads the elements of `name` in float64.
  ///
  /// - Parameter name: A tensor of floating-point numbers or integers.
  /// - Returns: The elements in row-major order.
  /// - Throws: ``CheckpointError`` if there is no such tensor or its type cannot be read.
  public func doubles(_ name: String) throws(CheckpointError) -> [Double] {
    let (info, bytes) = try region(name)
    guard info.type.isReadableFloat || info.type.isInteger else {
      throw CheckpointError.type(key: name, found: info.type, wanted: "float64", file: path)
    }
    return [Double](unsafeUninitializedCapacity: info.count) { buffer, count in
      let elements = UnsafeMutableBufferPointer(rebasing: buffer[..<info.count])
      info.type.widen(bytes, into: elements)
      count = info.count
    }
  }

  /// Reads the elements of `name`, which are integers or booleans.
  ///
  /// - Parameter name: A tensor of integers or booleans.
  /// - Returns: The elements in row-major order, booleans as 0 and 1.
  /// - Throws: ``CheckpointError`` if there is no such tensor, it holds floating-point numbers, or
  ///   an unsigned value exceeds `Int.max`.
  public func integers(_ name: String) throws(CheckpointError) -> [Int] {
    let (info, bytes) = try region(name)
    guard info.type.isInteger else {
      throw CheckpointError.type(key: name, found: info.type, wanted: "integers", file: path)
    }
    let result: Result<[Int], IntegerOverflow> = info.type.integers(bytes)
    do { return try result.get() } catch {
      throw CheckpointError.range(
        key: name, value: "\(error.value)", wanted: "a signed 64-bit integer", file: path)
    }
  }

  /// Reads the bytes of `name` as they are stored, whatever its type.
  ///
  /// - Parameter name: A tensor in the file.
  /// - Returns: The elements in row-major order, those of several bytes in little-endian order.
  /// - Throws: ``CheckpointError`` if there is no such tensor.
  public func bytes(_ name: String) throws(CheckpointError) -> [UInt8] {
    let (_, bytes) = try region(name)
    return Array(bytes)
  }

  /// Gives back the memory of what was read so far, for those who read a large file once.
  package func releasePages() { file.releasePages() }

  /// Decodes the metadata entry `key` from JSON.
  ///
  /// - Parameters:
  ///   - key: An entry of ``metadata``.
  ///   - type: The type to decode.
  /// - Returns: The decoded value.
  /// - Throws: ``CheckpointError/metadata(key:reason:file:)``.
  public func metadata<Value: Decodable>(
    _ key: String, as type: Value.Type = Value.self
  ) throws(CheckpointError) -> Value {
    guard let text = metadata[key] else {
      let nearest = nearest(to: key, among: metadata.keys.sorted())
      throw CheckpointError.metadata(
        key: key, reason: "no such entry." + didYouMean(nearest), file: path)
    }
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch let error as DecodingError {
      let place = error.path.isEmpty ? "" : "\(error.path): "
      throw CheckpointError.metadata(key: key, reason: place + error.reason, file: path)
    } catch {
      throw CheckpointError.metadata(key: key, reason: "\(error)", file: path)
    }
  }

  private func region(
    _ name: String
  ) throws(CheckpointError) -> (info: TensorInfo, bytes: UnsafeRawBufferPointer) {
    let info = try info(for: name)
    try file.checkSize()
    return (info, UnsafeRawBufferPointer(rebasing: file.bytes[info.range]))
  }
}

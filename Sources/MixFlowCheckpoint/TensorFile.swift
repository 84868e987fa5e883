import Foundation
import MixFlowTensor

/// A file of named tensors, whatever its format.
///
/// Names, shapes and metadata are at hand when it is open; elements are read when asked for.
public protocol TensorFile: Sendable {
  /// The path that was opened.
  var path: String { get }
  /// What the file says beside its tensors.
  var metadata: [String: String] { get }
  /// The names of the tensors in the order of the file.
  var names: [String] { get }
  /// Looks up the tensor called `name`; nil where there is none.
  func mapped(_ name: String) -> MappedTensor?
  /// Gives back the memory of what was read so far, for those who read a large file once.
  func releasePages()
}

extension TensorFile {
  /// Whether the file holds a tensor called `name`.
  public func contains(_ name: String) -> Bool { mapped(name) != nil }

  /// Looks up the tensor called `name`.
  ///
  /// - Parameter name: A tensor in the file.
  /// - Returns: Its type, its shape and its place in the file.
  /// - Throws: ``CheckpointError/missing(key:nearest:file:)``.
  public func info(for name: String) throws(CheckpointError) -> TensorInfo { try find(name).info }

  /// Reads the tensor called `name` in float32.
  ///
  /// Float32 data is read in place, without a copy, when it lies in row-major order at a multiple of
  /// four bytes, as upstream's writers ensure. Other types are converted, rounding to nearest where
  /// float32 cannot hold the value.
  ///
  /// - Parameter name: A tensor in the file.
  /// - Returns: A tensor of the stored shape.
  /// - Throws: ``CheckpointError`` if there is no such tensor or its type cannot be read.
  public func tensor(_ name: String) throws(CheckpointError) -> Tensor { try find(name).tensor() }

  /// Reads the elements of `name` in float32 into memory of their own and leaves none of the file's
  /// in use.
  ///
  /// - Parameter name: A tensor of floating-point numbers or integers.
  /// - Returns: The elements, rounded to nearest where float32 does not hold them.
  /// - Throws: ``CheckpointError`` if there is no such tensor or its type cannot be read.
  public func copy(_ name: String) throws(CheckpointError) -> Tensor { try find(name).copy() }

  /// Reads the elements of `name` in float64.
  ///
  /// - Parameter name: A tensor of floating-point numbers or integers.
  /// - Returns: The elements in row-major order.
  /// - Throws: ``CheckpointError`` if there is no such tensor or its type cannot be read.
  public func doubles(_ name: String) throws(CheckpointError) -> [Double] {
    try find(name).doubles()
  }

  /// Reads the elements of `name`, which are integers or booleans.
  ///
  /// - Parameter name: A tensor of integers or booleans.
  /// - Returns: The elements in row-major order, booleans as 0 and 1.
  /// - Throws: ``CheckpointError`` if there is no such tensor, it holds floating-point numbers, or
  ///   an unsigned value exceeds `Int.max`.
  public func integers(_ name: String) throws(CheckpointError) -> [Int] {
    try find(name).integers()
  }

  /// Reads the bytes of `name` as they are stored, whatever its type.
  ///
  /// - Parameter name: A tensor in the file.
  /// - Returns: The elements in row-major order, those of several bytes in little-endian order.
  /// - Throws: ``CheckpointError`` if there is no such tensor.
  public func bytes(_ name: String) throws(CheckpointError) -> [UInt8] { try find(name).bytes() }

  private func find(_ name: String) throws(CheckpointError) -> MappedTensor {
    guard let tensor = mapped(name) else {
      throw CheckpointError.missing(
        key: name, nearest: nearest(to: name, among: names), file: path)
    }
    return tensor
  }

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
}

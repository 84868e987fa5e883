import MixFlowTensor

/// The elements of one tensor and the type they are stored in.
public enum StoredTensor: Sendable {
  /// Stored as `F32`, exactly.
  case float32(Tensor)
  /// Stored as `F16`, rounded to nearest, ties to even; values beyond ±65504 are refused.
  case float16(Tensor)
  /// Stored as `BF16`, rounded to nearest, ties to even.
  case bfloat16(Tensor)
  /// Stored as `F64`, exactly.
  case float64([Double], shape: [Int])
  /// Stored as `I64`.
  case int64([Int], shape: [Int])
  /// Stored as `U8`.
  case uint8([UInt8], shape: [Int])

  /// The element type in the file.
  public var type: ScalarType {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float64: .float64
    case .int64: .int64
    case .uint8: .uint8
    }
  }

  /// The sizes of the dimensions, outermost first.
  public var shape: [Int] {
    switch self {
    case .float32(let tensor), .float16(let tensor), .bfloat16(let tensor): tensor.shape
    case .float64(_, let shape), .int64(_, let shape), .uint8(_, let shape): shape
    }
  }

  /// The number of elements held, which is the product of the shape if the value is consistent.
  var count: Int {
    switch self {
    case .float32(let tensor), .float16(let tensor), .bfloat16(let tensor): tensor.count
    case .float64(let values, _): values.count
    case .int64(let values, _): values.count
    case .uint8(let values, _): values.count
    }
  }

  /// Passes the stored bytes to `consume`, a piece at a time.
  ///
  /// - Parameter consume: Takes the pieces in order; a piece is valid only during the call.
  /// - Throws: ``NarrowingOverflow`` if a finite element became infinite, or what `consume` throws.
  func forEachPiece(_ consume: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch self {
    case .float32(let tensor):
      try tensor.withUnsafeBufferPointer { try consume(UnsafeRawBufferPointer($0)) }
    case .float16(let tensor): try narrow(tensor, to: .float16, consume)
    case .bfloat16(let tensor): try narrow(tensor, to: .bfloat16, consume)
    case .float64(let values, _): try values.withUnsafeBytes(consume)
    case .int64(let values, _): try values.withUnsafeBytes(consume)
    case .uint8(let values, _): try values.withUnsafeBytes(consume)
    }
  }
}

/// A finite element that the narrower type cannot hold.
struct NarrowingOverflow: Error {
  let value: Float
}

extension CheckpointError {
  /// Says what kept the tensor `key` from being written to `path` as `type`.
  init(_ error: any Error, writing type: ScalarType, of key: String, to path: String) {
    switch error {
    case let overflow as NarrowingOverflow:
      self = .range(key: key, value: "\(overflow.value)", wanted: type.rawValue, file: path)
    case let error as CheckpointError: self = error
    default: self = .unwritable(file: path, reason: "\(error)")
    }
  }
}

/// Converts `tensor` through a buffer of fixed size and passes the pieces on.
private func narrow(
  _ tensor: Tensor, to format: HalfPrecision, _ consume: (UnsafeRawBufferPointer) throws -> Void
) throws {
  let piece = 1 << 20
  var buffer = [UInt16](repeating: 0, count: min(piece, tensor.count))
  for start in stride(from: 0, to: tensor.count, by: piece) {
    let range = start..<min(start + piece, tensor.count)
    try buffer.withUnsafeMutableBytes { bytes in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(2 * range.count)])
      guard tensor.narrow(range, to: format, into: bytes) else {
        let value = tensor.array[range].first { $0.isFinite && $0.magnitude >= format.overflow }
        throw NarrowingOverflow(value: value ?? .infinity)
      }
      try consume(UnsafeRawBufferPointer(bytes))
    }
  }
}

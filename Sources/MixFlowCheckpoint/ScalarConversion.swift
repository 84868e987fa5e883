import MixFlowTensor

extension HalfPrecision {
  /// The format of a stored type, or nil where it is none of 16 bits.
  init?(_ type: ScalarType) {
    switch type {
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    default: return nil
    }
  }
}

/// An unsigned element that no `Int` holds.
struct IntegerOverflow: Error {
  let value: UInt64
}

extension ScalarType {
  /// Converts little-endian elements of this type to `Value`, rounding to nearest.
  ///
  /// The type is a readable float or an integer, and `bytes` holds exactly as many elements as
  /// `elements`.
  func widen<Value: BinaryFloatingPoint>(
    _ bytes: UnsafeRawBufferPointer, into elements: UnsafeMutableBufferPointer<Value>
  ) {
    func each<Stored: BitwiseCopyable>(_ convert: (Stored) -> Value) {
      let stride = MemoryLayout<Stored>.size
      precondition(bytes.count == stride * elements.count, "\(rawValue) of another size")
      for index in elements.indices {
        let stored = bytes.loadUnaligned(fromByteOffset: index * stride, as: Stored.self)
        elements.initializeElement(at: index, to: convert(stored))
      }
    }
    switch self {
    case .float32: each { (stored: Float) in Value(stored) }
    case .float64: each { (stored: Double) in Value(stored) }
    case .float16: each { (stored: Float16) in Value(stored) }
    case .bfloat16: each { (bits: UInt16) in Value(Float(bitPattern: UInt32(bits) << 16)) }
    case .int64: each { (stored: Int64) in Value(stored) }
    case .int32: each { (stored: Int32) in Value(stored) }
    case .int16: each { (stored: Int16) in Value(stored) }
    case .int8: each { (stored: Int8) in Value(stored) }
    case .uint64: each { (stored: UInt64) in Value(stored) }
    case .uint32: each { (stored: UInt32) in Value(stored) }
    case .uint16: each { (stored: UInt16) in Value(stored) }
    case .uint8: each { (stored: UInt8) in Value(stored) }
    case .bool: each { (stored: UInt8) in stored == 0 ? 0 : 1 }
    default: preconditionFailure("\(rawValue) cannot be widened")
    }
  }

  /// Converts little-endian elements of this integer type to `Int`; booleans become 0 or 1.
  func integers(_ bytes: UnsafeRawBufferPointer) -> Result<[Int], IntegerOverflow> {
    func each<Stored: FixedWidthInteger & BitwiseCopyable>(
      _ type: Stored.Type
    ) -> Result<[Int], IntegerOverflow> {
      let stride = MemoryLayout<Stored>.size
      var elements: [Int] = []
      elements.reserveCapacity(bytes.count / stride)
      for offset in Swift.stride(from: 0, to: bytes.count, by: stride) {
        let stored = bytes.loadUnaligned(fromByteOffset: offset, as: Stored.self)
        guard let element = Int(exactly: stored) else {
          return .failure(IntegerOverflow(value: UInt64(truncatingIfNeeded: stored)))
        }
        elements.append(element)
      }
      return .success(elements)
    }
    switch self {
    case .int64: return each(Int64.self)
    case .int32: return each(Int32.self)
    case .int16: return each(Int16.self)
    case .int8: return each(Int8.self)
    case .uint64: return each(UInt64.self)
    case .uint32: return each(UInt32.self)
    case .uint16: return each(UInt16.self)
    case .uint8: return each(UInt8.self)
    case .bool: return .success(bytes.map { $0 == 0 ? 0 : 1 })
    default: preconditionFailure("\(rawValue) is not an integer type")
    }
  }
}

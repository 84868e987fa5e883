import MixFlowTensor

extension MappedTensor {
  /// Reads some parts along the first dimension in float32, and no others from the disk.
  ///
  /// - Parameter range: The parts, within those of the shape.
  /// - Returns: `[range.count, …]`.
  /// - Throws: ``CheckpointError`` where the elements are no numbers of 16 or 32 bits in row-major
  ///   order, or the file was cut since it was opened.
  public func parts(_ range: Range<Int>) throws(CheckpointError) -> Tensor {
    precondition(
      0 <= range.lowerBound && range.upperBound <= info.shape.first ?? 0,
      "parts \(range) of \(info.shape)")
    let shape = [range.count] + info.shape.dropFirst()
    guard info.strides == nil, let format = PartFormat(info.type) else {
      throw CheckpointError.type(
        key: name, found: info.type, wanted: "float32 or float16", file: file.path)
    }
    try file.checkSize()
    let size = info.shape.dropFirst().reduce(info.type.bitWidth / 8, *)
    let start = info.range.lowerBound + range.lowerBound * size
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + range.count * size])
    return switch format {
    case .half(let format): Tensor(shape: shape, widening: bytes, from: format)
    case .single: Tensor(shape: shape) { ScalarType.float32.widen(bytes, into: $0) }
    }
  }

  private enum PartFormat {
    case single
    case half(HalfPrecision)

    init?(_ type: ScalarType) {
      if type == .float32 {
        self = .single
      } else if let format = HalfPrecision(type) {
        self = .half(format)
      } else {
        return nil
      }
    }
  }
}

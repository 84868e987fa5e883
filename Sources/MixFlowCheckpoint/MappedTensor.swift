import MixFlowTensor

/// A tensor in a mapped file: what it is and where it lies.
public struct MappedTensor: Sendable {
  let file: MappedFile
  /// Its name in the file.
  public let name: String
  /// Its type, its shape and its place in the file.
  public let info: TensorInfo

  /// Reads the elements in float32, in place where they are stored so.
  func tensor() throws(CheckpointError) -> Tensor {
    try expect(info.type.isReadableFloat || info.type.isInteger, "float32")
    return try read { bytes in
      if info.type == .float32, info.strides == nil, let base = bytes.baseAddress, !bytes.isEmpty,
        UInt(bitPattern: base).isMultiple(of: UInt(MemoryLayout<Float>.alignment))
      {
        return Tensor(
          shape: info.shape, reading: base.assumingMemoryBound(to: Float.self), owner: file)
      }
      if let format = HalfPrecision(info.type) {
        return Tensor(shape: info.shape, widening: bytes, from: format)
      }
      return Tensor(shape: info.shape) { info.type.widen(bytes, into: $0) }
    }
  }

  /// Reads the elements into memory of their own and gives the pages of the file back.
  func copy() throws(CheckpointError) -> Tensor {
    let copy = Tensor(copying: try tensor())
    file.releasePages(of: info.range)
    return copy
  }

  func doubles() throws(CheckpointError) -> [Double] {
    try expect(info.type.isReadableFloat || info.type.isInteger, "float64")
    return try read { bytes in
      [Double](unsafeUninitializedCapacity: info.count) { buffer, count in
        let elements = UnsafeMutableBufferPointer(rebasing: buffer[..<info.count])
        info.type.widen(bytes, into: elements)
        count = info.count
      }
    }
  }

  func integers() throws(CheckpointError) -> [Int] {
    try expect(info.type.isInteger, "integers")
    let result = try read { info.type.integers($0) }
    do { return try result.get() } catch {
      throw CheckpointError.range(
        key: name, value: "\(error.value)", wanted: "a signed 64-bit integer", file: file.path)
    }
  }

  func bytes() throws(CheckpointError) -> [UInt8] { try read { Array($0) } }

  private func expect(_ isReadable: Bool, _ wanted: String) throws(CheckpointError) {
    guard isReadable else {
      throw CheckpointError.type(key: name, found: info.type, wanted: wanted, file: file.path)
    }
  }

  /// Passes the elements in row-major order to `body`.
  private func read<Result>(
    _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(CheckpointError) -> Result {
    try file.checkSize()
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[info.range])
    guard let strides = info.strides else { return body(bytes) }
    return gather(bytes, strides).withUnsafeBytes(body)
  }

  /// Copies elements that lie `strides` apart into row-major order.
  private func gather(_ bytes: UnsafeRawBufferPointer, _ strides: [Int]) -> [UInt8] {
    let width = info.type.bitWidth / 8
    var gathered: [UInt8] = []
    gathered.reserveCapacity(info.byteCount)
    var index = [Int](repeating: 0, count: strides.count)
    var offset = 0
    for _ in 0..<info.count {
      gathered.append(contentsOf: bytes[offset * width..<(offset + 1) * width])
      var axis = strides.count - 1
      while axis >= 0 {
        index[axis] += 1
        offset += strides[axis]
        guard index[axis] == info.shape[axis] else { break }
        offset -= info.shape[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return gathered
  }
}

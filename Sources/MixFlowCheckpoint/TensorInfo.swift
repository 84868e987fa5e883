/// Where and what a stored tensor is.
public struct TensorInfo: Equatable, Sendable {
  /// The element type in the file.
  public let type: ScalarType
  /// The sizes of the dimensions, outermost first; `[]` for a scalar.
  public let shape: [Int]
  /// The distances between neighbours along each dimension, in elements; nil where the elements lie
  /// in row-major order, one after another.
  public let strides: [Int]?
  /// The bytes of the file from the first element to the last.
  public let range: Range<Int>

  /// The number of bytes that the elements take in row-major order.
  public var byteCount: Int { count * type.bitWidth / 8 }
  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  init(type: ScalarType, shape: [Int], strides: [Int]?, range: Range<Int>) {
    self.type = type
    self.shape = shape
    self.strides = strides
    self.range = range
  }

  /// Checks one entry of a safetensors header whose data begins at byte `dataStart`.
  init(_ entry: HeaderJSON.Entry, name: String, dataStart: Int) throws(SafeTensorsFault) {
    guard !name.utf8.contains(0) else { throw SafeTensorsFault.name(name) }
    guard let type = ScalarType(rawValue: entry.dtype) else {
      throw SafeTensorsFault.unknownType(key: name, type: entry.dtype)
    }
    guard let byteCount = Self.byteCount(of: type, shape: entry.shape) else {
      throw SafeTensorsFault.shape(key: name, shape: entry.shape)
    }
    let offsets = entry.offsets
    guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1],
      offsets[1] <= Int.max - dataStart
    else { throw SafeTensorsFault.offsets(key: name, offsets: offsets) }
    guard offsets[1] - offsets[0] == byteCount else {
      throw SafeTensorsFault.size(key: name, needed: byteCount, found: offsets[1] - offsets[0])
    }
    self.type = type
    shape = entry.shape
    strides = nil
    range = dataStart + offsets[0]..<dataStart + offsets[1]
  }

  /// Returns the bytes a tensor occupies, or nil if a dimension is negative, the size overflows
  /// or elements narrower than a byte do not fill the last one.
  ///
  /// Zero dimensions count as one in the overflow check, so that no product of a part of the
  /// shape overflows either.
  static func byteCount(of type: ScalarType, shape: [Int]) -> Int? {
    var bits = type.bitWidth
    for size in shape {
      guard size >= 0 else { return nil }
      let (product, overflow) = bits.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow else { return nil }
      bits = product
    }
    guard !shape.contains(0) else { return 0 }
    return bits.isMultiple(of: 8) ? bits / 8 : nil
  }
}

/// The memory that tensors of a checkpoint share, as the pickle describes it.
struct TorchStorage {
  /// What the file calls it.
  let key: String
  let type: ScalarType
  /// The number of elements.
  let count: Int

  var byteCount: Int { count * (type.bitWidth / 8) }

  /// A stretch of a storage: all of it, except in files of the old format.
  struct View {
    /// The place in the list of storages.
    let storage: Int
    let start: Int
    let count: Int
  }
}

/// A tensor as the pickle describes it, checked to lie in its storage.
struct TorchTensor {
  let storage: Int
  let type: ScalarType
  let shape: [Int]
  /// The distances between neighbours along each dimension, in elements; nil for row-major order.
  let strides: [Int]?
  /// The bytes of the storage from the first element to the last.
  let range: Range<Int>

  /// The most dimensions that PyTorch gives a tensor.
  static let dimensionLimit = 64
  /// The most elements that a tensor may have beyond those of its storage, as an expanded one does.
  static let expansionLimit = 1 << 24

  /// Checks a tensor at `offset` of a storage of `available` bytes; offset and strides are in elements.
  init(
    storage: Int, available: Int, type: ScalarType, start: Int = 0, offset: Int, shape: [Int],
    strides: [Int]
  ) throws(TorchLayoutError) {
    let width = type.bitWidth / 8
    guard shape.count == strides.count, shape.count <= Self.dimensionLimit else {
      throw TorchLayoutError("\(shape.count) sizes with \(strides.count) strides")
    }
    guard offset >= 0, shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }) else {
      throw TorchLayoutError("shape \(shape), strides \(strides) and offset \(offset) are negative")
    }
    guard TensorInfo.byteCount(of: type, shape: shape) != nil,
      TensorInfo.byteCount(of: .float64, shape: shape) != nil
    else { throw TorchLayoutError("shape \(shape) is too large") }
    let count = shape.reduce(1, *)
    let capacity = available / width
    guard count > 0 else {
      self.init(storage: storage, type: type, shape: shape, strides: nil, range: 0..<0)
      return
    }
    guard let last = Self.lastElement(offset: offset, shape: shape, strides: strides),
      last < capacity
    else {
      throw TorchLayoutError(
        """
        shape \(shape) with strides \(strides) at \(offset) does not lie in a storage of \
        \(capacity) elements
        """)
    }
    guard count <= max(capacity, Self.expansionLimit) else {
      throw TorchLayoutError("shape \(shape) repeats the \(capacity) elements of its storage")
    }
    let isContiguous = last - offset == count - 1 && Self.isRowMajor(shape, strides)
    self.init(
      storage: storage, type: type, shape: shape, strides: isContiguous ? nil : strides,
      range: (start + offset * width)..<(start + (last + 1) * width))
  }

  private init(
    storage: Int, type: ScalarType, shape: [Int], strides: [Int]?, range: Range<Int>
  ) {
    self.storage = storage
    self.type = type
    self.shape = shape
    self.strides = strides
    self.range = range
  }

  /// The place of the last element, or nil where it exceeds what an integer holds.
  private static func lastElement(offset: Int, shape: [Int], strides: [Int]) -> Int? {
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let (product, isTooLarge) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, isBeyond) = last.addingReportingOverflow(product)
      guard !isTooLarge, !isBeyond else { return nil }
      last = sum
    }
    return last
  }

  /// Whether the elements lie one after another; the strides of dimensions of size 1 do not count.
  private static func isRowMajor(_ shape: [Int], _ strides: [Int]) -> Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      guard stride == expected else { return false }
      expected *= size
    }
    return true
  }
}

/// Why a tensor cannot lie where the pickle says.
struct TorchLayoutError: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

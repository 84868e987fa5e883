/// A dense float32 array in row-major order, with value semantics.
public struct Tensor: Sendable {
  /// The sizes of the dimensions, outermost first; `[]` for a scalar.
  public let shape: [Int]
  private var storage: Storage

  /// The number of elements.
  public var count: Int { storage.count }

  private init(shape: [Int], storage: Storage) {
    precondition(
      shape.reduce(1, *) == storage.count,
      "shape \(shape) does not hold \(storage.count) elements")
    self.shape = shape
    self.storage = storage
  }

  /// Creates a tensor and lets `body` write each element.
  ///
  /// - Parameters:
  ///   - shape: The sizes of the dimensions, none negative.
  ///   - body: Writes all elements; the buffer arrives uninitialised.
  /// - Throws: What `body` throws.
  public init(
    shape: [Int], initializingWith body: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    precondition(shape.allSatisfy { $0 >= 0 }, "negative dimension in \(shape)")
    let storage = Storage(count: shape.reduce(1, *))
    try body(UnsafeMutableBufferPointer(start: storage.base, count: storage.count))
    self.init(shape: shape, storage: storage)
  }

  /// Creates a tensor from `values` in row-major order.
  public init(_ values: [Float], shape: [Int]) {
    precondition(
      shape.reduce(1, *) == values.count, "shape \(shape) does not hold \(values.count) elements")
    self.init(shape: shape) { _ = $0.initialize(from: values) }
  }

  /// Creates a tensor of zeros.
  public init(zeros shape: [Int]) {
    self.init(repeating: 0, shape: shape)
  }

  /// Creates a tensor whose elements are all `value`.
  public init(repeating value: Float, shape: [Int]) {
    self.init(shape: shape) { $0.initialize(repeating: value) }
  }

  /// Creates a scalar.
  public init(_ value: Float) {
    self.init([value], shape: [])
  }

  /// Creates a tensor that reads memory of `owner` in place, such as a mapped file.
  ///
  /// The first write copies it.
  ///
  /// - Parameters:
  ///   - shape: The sizes of the dimensions.
  ///   - base: The first element, aligned to 4 bytes, valid while `owner` lives and never written.
  ///   - owner: The object that keeps the memory alive.
  public init(shape: [Int], reading base: UnsafePointer<Float>, owner: AnyObject) {
    self.init(
      shape: shape,
      storage: Storage(reading: base, count: shape.reduce(1, *), owner: owner))
  }

  /// Creates a tensor with memory of its own and the elements of another.
  public init(copying other: Tensor) {
    self.init(shape: other.shape) { copy in
      other.withUnsafeBufferPointer { _ = copy.initialize(from: $0) }
    }
  }

  /// The elements in row-major order.
  public var array: [Float] { withUnsafeBufferPointer { Array($0) } }

  /// The only element of a tensor of one element.
  public var item: Float {
    precondition(count == 1, "item of a tensor of shape \(shape)")
    return storage.base.pointee
  }

  /// Returns the same elements under another shape of the same count, without a copy.
  public func reshaped(_ shape: [Int]) -> Tensor { Tensor(shape: shape, storage: storage) }

  /// Returns the elements from `start` on under another shape, without a copy.
  ///
  /// Both arrays keep the memory alive; the one that is written first gets its own.
  func lent(from start: Int, shape: [Int]) -> Tensor {
    precondition(
      0 <= start && start + shape.reduce(1, *) <= count, "\(shape) from \(start) of \(self.shape)")
    return Tensor(shape: shape, reading: storage.base + start, owner: storage)
  }

  /// Calls `body` with the elements; the pointer is valid only during the call.
  public func withUnsafeBufferPointer<R, E: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(E) -> R
  ) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.base, count: storage.count))
  }

  /// Calls `body` with the elements for writing, after a copy where they are shared.
  public mutating func withUnsafeMutableBufferPointer<R, E: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(E) -> R
  ) throws(E) -> R {
    if !storage.isWritable || !isKnownUniquelyReferenced(&storage) {
      let copy = Storage(count: count)
      copy.base.initialize(from: storage.base, count: count)
      storage = copy
    }
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.base, count: storage.count))
  }
}

extension Tensor: Equatable {
  /// Whether shapes agree and all elements are equal as numbers.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape
      && a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { a.elementsEqual($0) } }
  }
}

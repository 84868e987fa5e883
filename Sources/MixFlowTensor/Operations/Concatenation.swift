extension Tensor {
  /// Returns arrays put one after another along the first dimension; the other sizes must agree.
  public static func concatenation(_ parts: [Tensor]) -> Tensor {
    precondition(
      !parts.isEmpty && parts.allSatisfy { $0.shape.dropFirst() == parts[0].shape.dropFirst() },
      "concatenation of \(parts.map(\.shape))")
    let rows = parts.reduce(0) { $0 + $1.shape[0] }
    return profiled(
      .layout, bytes: 2 * parts.reduce(0) { $0 + $1.byteCount }
    ) {
      Tensor(shape: [rows] + parts[0].shape.dropFirst()) { (out: SharedOutput) in
        var start = out.pointer
        for part in parts {
          part.withInput { start.initialize(from: $0.pointer, count: part.count) }
          start += part.count
        }
      }
    }
  }

  /// Returns the samples in `range` of the first dimension, without a copy.
  public func samples(_ range: Range<Int>) -> Tensor {
    precondition(
      0 <= range.lowerBound && range.upperBound <= shape[0], "samples \(range) of \(shape)")
    guard range != 0..<shape[0] else { return self }
    let size = shape.dropFirst().reduce(1, *)
    return lent(from: range.lowerBound * size, shape: [range.count] + shape.dropFirst())
  }
}

extension Tensor {
  /// Returns sequences that begin with the same rows, such as a class token and registers.
  ///
  /// - Parameters:
  ///   - rows: `[N, D]`, or any shape of as many elements with `D` last.
  ///   - x: `[B, T, D]`.
  /// - Returns: `[B, N + T, D]`.
  public static func prepending(_ rows: Tensor, to x: Tensor) -> Tensor {
    precondition(
      x.shape.count == 3 && rows.shape.last == x.shape[2], "\(rows.shape) before \(x.shape)")
    let (samples, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
    let length = rows.count + tokens * width
    return Tensor(shape: [samples, length / max(width, 1), width]) { out in
      rows.withUnsafeBufferPointer { rows in
        x.withUnsafeBufferPointer { x in
          for sample in 0..<samples {
            let start = sample * length
            _ = out[start...].update(fromContentsOf: rows)
            _ = out[(start + rows.count)...].update(
              fromContentsOf: x[sample * tokens * width..<(sample + 1) * tokens * width])
          }
        }
      }
    }
  }

  /// Returns some rows of each sequence.
  ///
  /// - Parameter range: The rows to keep, within `0..<T`; of an array `[B, T, D]`.
  /// - Returns: `[B, range.count, D]`.
  public func tokens(_ range: Range<Int>) -> Tensor {
    precondition(
      shape.count == 3 && 0 <= range.lowerBound && range.upperBound <= shape[1],
      "tokens \(range) of \(shape)")
    let (samples, width) = (shape[0], shape[2])
    let length = shape[1] * width
    return Tensor(shape: [samples, range.count, width]) { out in
      withUnsafeBufferPointer { x in
        for sample in 0..<samples {
          let start = sample * length
          _ = out[(sample * range.count * width)...].update(
            fromContentsOf: x[start + range.lowerBound * width..<start + range.upperBound * width])
        }
      }
    }
  }
}

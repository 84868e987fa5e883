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

  /// Returns sequences that are zero but for `self`, `[B, n, D]`, in the rows of a range.
  fileprivate func spread(to range: Range<Int>, of tokens: Int) -> Tensor {
    let (samples, width) = (shape[0], shape[2])
    return Tensor(shape: [samples, tokens, width]) { out in
      out.update(repeating: 0)
      withUnsafeBufferPointer { x in
        for sample in 0..<samples {
          _ = out[((sample * tokens + range.lowerBound) * width)...].update(
            fromContentsOf: x[sample * range.count * width..<(sample + 1) * range.count * width])
        }
      }
    }
  }
}

/// Returns sequences that begin with the same rows, such as a class token.
///
/// - Parameters:
///   - rows: `[1, N, D]`.
///   - x: `[B, T, D]`.
/// - Returns: `[B, N + T, D]`.
public func prepend(_ rows: Variable, to x: Variable) -> Variable {
  precondition(rows.shape.count == 3 && rows.shape[0] == 1, "\(rows.shape) before \(x.shape)")
  let count = rows.shape[1]
  return Variable.derive(.prepending(rows.value, to: x.value), from: [rows, x]) { gradient in
    rows.accumulate(sumOfSamples(gradient.tokens(0..<count)))
    x.accumulate(gradient.tokens(count..<gradient.shape[1]))
  }
}

/// Returns some rows of each sequence.
///
/// - Parameters:
///   - x: `[B, T, D]`.
///   - range: The rows to keep, within `0..<T`.
/// - Returns: `[B, range.count, D]`.
public func tokens(_ x: Variable, _ range: Range<Int>) -> Variable {
  x.derive(x.value.tokens(range)) { [count = x.shape[1]] in $0.spread(to: range, of: count) }
}

/// Returns the sum over the first dimension, which stays as 1.
private func sumOfSamples(_ x: Tensor) -> Tensor {
  (1..<x.shape[0]).reduce(x.samples(0..<1)) { sum, sample in
    sum + x.samples(sample..<sample + 1)
  }
}

import CKernels

/// The elements of a partial sum; partial sums are added in order, whatever thread made them.
private let elementsPerPartialSum = 1 << 16

/// Returns the sum of `piece` over cuts of `0..<count`, in an order that does not depend on threads.
private func orderedSum(_ count: Int, _ piece: @Sendable (Int, Int) -> Double) -> Double {
  let pieces = (count + elementsPerPartialSum - 1) / elementsPerPartialSum
  let sums = [Double](unsafeUninitializedCapacity: pieces) { buffer, used in
    let partial = Shared(pointer: buffer)
    parallelForEach(pieces) { index in
      let start = index * elementsPerPartialSum
      partial.pointer.initializeElement(
        at: index, to: piece(start, min(elementsPerPartialSum, count - start)))
    }
    used = pieces
  }
  return sums.reduce(0, +)
}

extension Tensor {
  /// Returns the sum of all elements, added in double.
  public func sum() -> Double {
    profiled(.reduction, bytes: byteCount) {
      withInput { x in orderedSum(count) { mixflow_sum(x.pointer + $0, $1) } }
    }
  }

  /// Returns the sum of the squares of all elements, added in double.
  public func squaredNorm() -> Double {
    profiled(.reduction, bytes: byteCount) {
      withInput { x in orderedSum(count) { mixflow_dot(x.pointer + $0, x.pointer + $0, $1) } }
    }
  }

  /// Whether no element is NaN or infinite.
  public func isFinite() -> Bool { squaredNorm().isFinite }
}

/// Returns the sum of all elements as a scalar.
public func sum(_ x: Variable) -> Variable {
  x.derive(Tensor(Float(x.value.sum()))) { [shape = x.shape] in
    Tensor(repeating: $0.item, shape: shape)
  }
}

/// Returns each sample's weighted mean squared error.
///
/// - Parameters:
///   - prediction: `[B, ...]`.
///   - target: The same shape, a constant.
///   - weights: `[B]`, or nil for ones.
/// - Returns: `[B]`, `weight_b · mean((prediction_b − target_b)²)`.
public func meanSquaredError(
  _ prediction: Variable, target: Tensor, weights: [Float]? = nil
) -> Variable {
  precondition(
    prediction.shape == target.shape, "prediction \(prediction.shape), target \(target.shape)")
  let samples = target.shape[0]
  let size = target.count / max(samples, 1)
  let weights = weights ?? Array(repeating: 1, count: samples)
  precondition(weights.count == samples, "\(weights.count) weights for \(samples) samples")
  let errors = profiled(.reduction, bytes: 2 * target.byteCount) {
    prediction.value.withInput { p in
      target.withInput { t in
        (0..<samples).map { sample in
          let start = sample * size
          let squares = mixflow_squared_distance(p.pointer + start, t.pointer + start, size)
          return weights[sample] * Float(squares / Double(size))
        }
      }
    }
  }
  return prediction.derive(Tensor(errors, shape: [samples])) { [value = prediction.value] dy in
    profiled(.reduction, bytes: 3 * target.byteCount) {
      Tensor(shape: value.shape) { (out: SharedOutput) in
        value.withInput { p in
          target.withInput { t in
            dy.withInput { dy in
              parallelForEach(samples) { sample in
                let start = sample * size
                let slope = dy.pointer[sample] * weights[sample] * 2 / Float(size)
                mixflow_combine2(
                  slope, p.pointer + start, -slope, t.pointer + start, out.pointer + start, size)
              }
            }
          }
        }
      }
    }
  }
}

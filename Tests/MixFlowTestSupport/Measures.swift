import MixFlowTensor

/// Returns `||actual - expected|| / ||expected||`; infinite where the counts differ or a value is
/// not finite, and the norm of `actual` where `expected` is zero.
public func relativeL2(
  _ actual: [some BinaryFloatingPoint], _ expected: [some BinaryFloatingPoint]
) -> Double {
  guard actual.count == expected.count else { return .infinity }
  var difference = 0.0
  var reference = 0.0
  for (a, e) in zip(actual, expected) {
    difference += (Double(a) - Double(e)) * (Double(a) - Double(e))
    reference += Double(e) * Double(e)
  }
  let result = (reference > 0 ? difference / reference : difference).squareRoot()
  return result.isFinite ? result : .infinity
}

/// Returns `||actual - expected|| / ||expected||`; infinite where the shapes differ.
public func relativeL2(_ actual: Tensor, _ expected: Tensor) -> Double {
  actual.shape == expected.shape ? relativeL2(actual.array, expected.array) : .infinity
}

/// Estimates the gradient of `f` at `x` by central differences.
///
/// - Parameters:
///   - x: Where the gradient is taken.
///   - step: The distance to either side; float32 rounding dominates when it is small.
///   - f: A function with a number as its value.
/// - Returns: One partial derivative per element of `x`.
/// - Throws: What `f` throws.
public func centralDifference(
  at x: Tensor, step: Float = 1e-2, of f: (Tensor) throws -> Float
) rethrows -> Tensor {
  let values = x.array
  var gradient: [Float] = []
  gradient.reserveCapacity(values.count)
  for index in values.indices {
    var moved = values
    moved[index] = values[index] + step
    let above = try f(Tensor(moved, shape: x.shape))
    // The distance between the two points as float32 rounds them, not as it was asked for.
    let right = Double(moved[index])
    moved[index] = values[index] - step
    let below = try f(Tensor(moved, shape: x.shape))
    gradient.append(Float((Double(above) - Double(below)) / (right - Double(moved[index]))))
  }
  return Tensor(gradient, shape: x.shape)
}

/// How a parameter starts when no checkpoint gives its value.
public enum Initializer: Sendable {
  /// All zeros.
  case zeros
  /// All ones.
  case ones
  /// Independent normal numbers with mean 0.
  case normal(deviation: Float)
  /// `U(-a, a)` with `a = √(6 / (fanIn + fanOut))` (Glorot and Bengio, 2010).
  case xavierUniform(fanIn: Int, fanOut: Int)
  /// `U(-bound, bound)`.
  case uniform(bound: Float)
  /// Values that are computed where no checkpoint gives them.
  case values(@Sendable () -> Tensor)

  /// Returns the starting value.
  public func tensor(shape: [Int], using generator: inout Philox) -> Tensor {
    switch self {
    case .zeros: Tensor(zeros: shape)
    case .ones: Tensor(repeating: 1, shape: shape)
    case .normal(let deviation): deviation * Tensor(normal: shape, using: &generator)
    case .xavierUniform(let fanIn, let fanOut):
      Tensor(
        uniform: shape, bound: (6 / Float(fanIn + fanOut)).squareRoot(), using: &generator)
    case .uniform(let bound): Tensor(uniform: shape, bound: bound, using: &generator)
    case .values(let tensor): tensor().reshaped(shape)
    }
  }
}

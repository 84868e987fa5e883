/// Euler's method: one evaluation, order 1.
public struct Euler: ODEStepper {
  public static let order = 1
  public static let evaluations = 1

  /// Makes the method.
  public init() {}

  public func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, along velocity: (State, Double) throws -> State
  ) rethrows -> State {
    .combination([(1, x), (dt, try velocity(x, t))])
  }
}

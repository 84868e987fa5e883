/// The midpoint method: two evaluations, order 2.
public struct Midpoint: ODEStepper {
  public static let order = 2
  public static let evaluations = 2

  /// Makes the method.
  public init() {}

  public func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, along velocity: (State, Double) throws -> State
  ) rethrows -> State {
    let half = State.combination([(1, x), (dt / 2, try velocity(x, t))])
    return .combination([(1, x), (dt, try velocity(half, t + dt / 2))])
  }
}

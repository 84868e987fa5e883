/// Heun's method, also called the explicit trapezoid rule: two evaluations, order 2.
///
/// `heun2` in torchdiffeq, `heun` in REPA.
public struct Heun: ODEStepper {
  public static let order = 2
  public static let evaluations = 2

  /// Makes the method.
  public init() {}

  public func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, along velocity: (State, Double) throws -> State
  ) rethrows -> State {
    let first = try velocity(x, t)
    let second = try velocity(.combination([(1, x), (dt, first)]), t + dt)
    return .combination([(1, x), (dt / 2, first), (dt / 2, second)])
  }
}

/// Heun's method of order 3: three evaluations.
///
/// `heun3` in torchdiffeq.
public struct Heun3: ODEStepper {
  public static let order = 3
  public static let evaluations = 3

  /// Makes the method.
  public init() {}

  public func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, along velocity: (State, Double) throws -> State
  ) rethrows -> State {
    let first = try velocity(x, t)
    let second = try velocity(.combination([(1, x), (dt / 3, first)]), t + dt / 3)
    let third = try velocity(.combination([(1, x), (dt * 2 / 3, second)]), t + dt * 2 / 3)
    return .combination([(1, x), (dt / 4, first), (dt * 3 / 4, third)])
  }
}

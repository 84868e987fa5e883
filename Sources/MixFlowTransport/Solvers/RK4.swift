/// Kutta's 3/8 rule: four evaluations, order 4.
///
/// `rk4` in torchdiffeq.
public struct RK4: ODEStepper {
  public static let order = 4
  public static let evaluations = 4

  /// Makes the method.
  public init() {}

  public func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, along velocity: (State, Double) throws -> State
  ) rethrows -> State {
    let first = try velocity(x, t)
    let second = try velocity(.combination([(1, x), (dt / 3, first)]), t + dt / 3)
    let third = try velocity(
      .combination([(1, x), (-dt / 3, first), (dt, second)]), t + dt * 2 / 3)
    let fourth = try velocity(
      .combination([(1, x), (dt, first), (-dt, second), (dt, third)]), t + dt)
    return .combination([
      (1, x), (dt / 8, first), (dt * 3 / 8, second), (dt * 3 / 8, third), (dt / 8, fourth),
    ])
  }
}

/// One step of an explicit Runge–Kutta method, a pure function.
public protocol ODEStepper: Sendable {
  /// The order `p`: over a fixed span the error falls like `dt^p`.
  static var order: Int { get }
  /// The number of times a step calls the velocity.
  static var evaluations: Int { get }

  /// Makes the method.
  init()

  /// Takes one step.
  ///
  /// - Parameters:
  ///   - x: The state at `t`.
  ///   - t: The time before the step.
  ///   - dt: The size of the step, negative on the way from data to noise.
  ///   - velocity: The field `v(x, t)`.
  /// - Returns: The state at `t + dt`.
  func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, along velocity: (State, Double) throws -> State
  ) rethrows -> State
}

/// A solver that takes one step of its method between neighbouring grid times.
public struct FixedGridSolver<Stepper: ODEStepper>: ODESolver {
  /// The method.
  public let stepper: Stepper

  /// Makes a solver of the given method.
  public init(_ stepper: Stepper = Stepper()) { self.stepper = stepper }

  public func solve<State: FlowState>(
    from x: State, over grid: TimeGrid, along velocity: (State, Double) throws -> State,
    observer: (SolverStep<State>) throws -> Void
  ) rethrows -> State {
    var x = x
    for (index, (t, next)) in grid.intervals.enumerated() {
      x = try stepper.step(x, from: t, by: next - t, along: velocity)
      try observer(SolverStep(index: index + 1, count: grid.stepCount, time: next, state: x))
    }
    return x
  }

  /// Follows the velocity from the first to the last time of the grid, unobserved.
  ///
  /// - Parameters:
  ///   - x: The state at the first time of the grid.
  ///   - grid: The times to stop at, in either direction.
  ///   - velocity: The field `v(x, t)`.
  /// - Returns: The state at the last time of the grid.
  public func solve<State: FlowState>(
    from x: State, over grid: TimeGrid, along velocity: (State, Double) throws -> State
  ) rethrows -> State {
    try solve(from: x, over: grid, along: velocity, observer: { _ in })
  }
}

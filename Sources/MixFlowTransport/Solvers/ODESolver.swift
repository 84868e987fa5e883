/// Where a solver is after one of its steps.
public struct SolverStep<State: FlowState> {
  /// The number of steps done, from 1 to `count`.
  public let index: Int
  /// The number of steps in all.
  public let count: Int
  /// The time reached.
  public let time: Double
  /// The state at that time.
  public let state: State
}

extension SolverStep {
  /// Returns the same step with its state seen otherwise.
  public func map<Other: FlowState>(
    _ transform: (State) throws -> Other
  ) rethrows -> SolverStep<Other> {
    SolverStep<Other>(index: index, count: count, time: time, state: try transform(state))
  }
}

/// A method that follows `dx/dt = v(x, t)` over a grid of times.
public protocol ODESolver: Sendable {
  /// Follows the velocity from the first to the last time of the grid.
  ///
  /// - Parameters:
  ///   - x: The state at the first time of the grid.
  ///   - grid: The times to stop at, in either direction.
  ///   - velocity: The field `v(x, t)`.
  ///   - observer: Called at every grid time but the first; it cancels the solve by throwing.
  /// - Returns: The state at the last time of the grid.
  /// - Throws: What `velocity` and `observer` throw; adaptive solvers also ``TransportError``.
  func solve<State: FlowState>(
    from x: State, over grid: TimeGrid, along velocity: (State, Double) throws -> State,
    observer: (SolverStep<State>) throws -> Void
  ) throws -> State
}

extension ODESolver {
  /// Follows the velocity from the first to the last time of the grid.
  ///
  /// - Parameters:
  ///   - x: The state at the first time of the grid.
  ///   - grid: The times to stop at, in either direction.
  ///   - velocity: The field `v(x, t)`.
  /// - Returns: The state at the last time of the grid.
  /// - Throws: What `velocity` throws; adaptive solvers also ``TransportError``.
  public func solve<State: FlowState>(
    from x: State, over grid: TimeGrid, along velocity: (State, Double) throws -> State
  ) throws -> State {
    try solve(from: x, over: grid, along: velocity, observer: { _ in })
  }

  /// Follows the velocity and keeps what it passes.
  ///
  /// - Parameters:
  ///   - x: The state at the first time of the grid.
  ///   - grid: The times to stop at, in either direction.
  ///   - velocity: The field `v(x, t)`.
  /// - Returns: The states at all times of the grid, the first included.
  /// - Throws: What `velocity` throws; adaptive solvers also ``TransportError``.
  public func trajectory<State: FlowState>(
    from x: State, over grid: TimeGrid, along velocity: (State, Double) throws -> State
  ) throws -> [State] {
    var states = [x]
    _ = try solve(from: x, over: grid, along: velocity) { states.append($0.state) }
    return states
  }
}

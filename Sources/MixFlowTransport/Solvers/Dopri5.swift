/// The adaptive method of Dormand and Prince, order 5, as torchdiffeq 0.2.5 runs it.
///
/// The steps follow the error, measured over the whole batch, so a sample's result depends slightly
/// on its companions. Grid times are interpolated: the last step usually runs past the end of the
/// grid, and the field is evaluated there, beyond `t = 1`.
public struct Dopri5: ODESolver {
  /// The order of the solution.
  public static let order = 5
  /// The number of times a step calls the velocity; two more calls choose the first step.
  public static let evaluations = 6

  /// The error allowed in one step.
  public let tolerance: ErrorTolerance
  /// The number of steps, refused ones included, after which to give up.
  public let maximumSteps: Int

  /// Makes the method.
  public init(tolerance: ErrorTolerance = ErrorTolerance(), maximumSteps: Int = 100_000) {
    self.tolerance = tolerance
    self.maximumSteps = maximumSteps
  }

  public func solve<State: FlowState>(
    from x: State, over grid: TimeGrid, along velocity: (State, Double) throws -> State,
    observer: (SolverStep<State>) throws -> Void
  ) throws -> State {
    // The solver's own time always runs upwards; a decreasing grid is τ = −t with slope −v.
    let sign: Double = grid.isIncreasing ? 1 : -1
    func field(_ x: State, _ time: Double) throws -> State {
      let slope = try velocity(x, sign * time)
      return sign < 0 ? slope.scaled(by: -1) : slope
    }

    var time = sign * grid.times[0]
    var current = x
    var slope = try field(x, time)
    var size = try firstStep(x, slope, at: time, along: field)
    var last: Dopri5Step<State>?
    var taken = 0
    for index in 1...grid.stepCount {
      let next = sign * grid.times[index]
      while next > time {
        guard taken < maximumSteps else {
          throw TransportError.tooManySteps(taken, time: sign * time)
        }
        taken += 1
        let step = try Dopri5Step(from: current, slope: slope, at: time, by: size, along: field)
        let error = State.errorNorm(
          of: step.error, between: current, and: step.after, tolerance: tolerance)
        guard error.isFinite, time + size > time else {
          throw TransportError.stepFailed(time: sign * time, step: sign * size)
        }
        size *= growth(error)
        guard error <= 1 else { continue }
        (time, current, slope, last) = (step.end, step.after, step.slopes[6], step)
      }
      let state = last?.state(at: next) ?? current
      try observer(
        SolverStep(index: index, count: grid.stepCount, time: sign * next, state: state))
      if index == grid.stepCount { return state }
    }
    return current
  }

  /// Returns the factor from one step to the next for a scaled error: at most 10, at least 0.2, and
  /// never below 1 after a step that was good enough.
  private func growth(_ error: Double) -> Double {
    guard error > 0 else { return 10 }
    let least = error < 1 ? 1 : 0.2
    return min(10, max(0.9 / pow(error, 1 / Double(Self.order)), least))
  }

  /// Returns the first step (Hairer, Nørsett and Wanner, "Solving ODEs I", II.4).
  private func firstStep<State: FlowState>(
    _ x: State, _ slope: State, at time: Double, along field: (State, Double) throws -> State
  ) throws -> Double {
    func norm(_ y: State) -> Double {
      State.errorNorm(of: y, between: x, and: x, tolerance: tolerance)
    }
    let distance = norm(x)
    let speed = norm(slope)
    let trial = distance < 1e-5 || speed < 1e-5 ? 1e-6 : 0.01 * distance / speed
    let ahead = try field(.combination([(1, x), (trial, slope)]), time + trial)
    let bend = norm(ahead - slope) / trial
    let size =
      speed <= 1e-15 && bend <= 1e-15
      ? max(1e-6, trial * 1e-3)
      : pow(0.01 / max(speed, bend), 1 / Double(Self.order))
    return min(100 * trial, size)
  }
}

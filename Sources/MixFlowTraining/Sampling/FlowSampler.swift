import MixFlowTransport

/// The way from noise to samples: a solver with its grid.
public struct FlowSampler: Sendable {
  /// Which equation is solved.
  public enum Method: Sendable {
    /// The probability-flow ODE; `points` grid points make `points - 1` steps.
    case ode(SolverKind, points: Int, tolerance: ErrorTolerance)
    /// The reverse SDE; `points` results: `points - 1` stochastic steps and one last step.
    case sde(SDEMethod, points: Int, Diffusion, LastStep, lastStepSize: Double)
  }

  /// The path and prediction of the model, and the times that they allow.
  public let intervals: TimeIntervals
  /// The solver.
  public let method: Method
  private let grid: TimeGrid
  private let denoiseStep: Double?
  /// The time told to the network in the last step of an SDE, or nil for the end of the grid.
  private let lastStepTime: Double?

  /// Creates a sampler.
  ///
  /// - Parameters:
  ///   - intervals: The path and prediction that the model was trained with.
  ///   - method: The solver.
  ///   - shift: The shift of the grid towards noise.
  ///   - denoiseStep: The size `h` of one more step of an ODE: the state at the end of the grid is
  ///     taken for one at `1 − h`, which removes noise that was left in it.
  ///   - tellsUnshiftedEnd: Whether the network is told the end of the grid before its shift in the
  ///     last step of an SDE, as RAE does.
  /// - Throws: `TransportError` for too few grid points or times that the path does not allow.
  public init(
    intervals: TimeIntervals, method: Method, shift: TimeShift = .none, denoiseStep: Double? = nil,
    tellsUnshiftedEnd: Bool = false
  ) throws(TransportError) {
    self.intervals = intervals
    self.method = method
    self.denoiseStep = denoiseStep
    switch method {
    case .ode(_, let points, _):
      grid = try TimeGrid(points: points, over: intervals.ode).shifted(by: shift)
      lastStepTime = nil
    case .sde(_, let points, let diffusion, let last, let size):
      let interval = try intervals.sde(form: diffusion.form, lastStepSize: last == .none ? 0 : size)
      grid = try TimeGrid(points: points, over: interval).shifted(by: shift)
      lastStepTime = tellsUnshiftedEnd ? interval.upperBound : nil
    }
  }

  /// Whether the steps depend on the error over the whole batch.
  public var isAdaptive: Bool {
    guard case .ode(let kind, _, _) = method else { return false }
    return kind.isAdaptive
  }

  /// The times at which the network is called, one after another, or none where the solver is
  /// adaptive.
  ///
  /// They are those at which a solver of a fixed grid asks, whatever it is given; so it is asked.
  public var evaluationTimes: [Double] {
    guard !isAdaptive else { return [] }
    var times: [Double] = []
    // Solvers of fixed grids throw nothing of their own.
    _ = try? sample(
      from: NoSamples(),
      network: { x, t in
        times.append(t)
        return x
      }, stochasticNoise: { x, _ in x })
    return times
  }

  /// Moves noise to samples.
  ///
  /// - Parameters:
  ///   - noise: The states at the first time, `[B, ...]`.
  ///   - network: The model's output for a state and a time.
  ///   - stochasticNoise: Standard normal numbers of that shape for stochastic step 0, 1, …
  ///   - observer: Called after every step; it cancels by throwing.
  /// - Returns: The states at the last time.
  /// - Throws: What the closures throw, and `TransportError` of an adaptive solver.
  public func sample<State: FlowState>(
    from noise: State, network: (State, Double) throws -> State,
    stochasticNoise: (State, Int) throws -> State,
    observer: (SolverStep<State>) throws -> Void = { _ in }
  ) throws -> State {
    let path = intervals.path.path
    switch method {
    case .ode(let kind, _, let tolerance):
      func velocity(_ x: State, _ t: Double) throws -> State {
        intervals.prediction.convert(try network(x, t), to: .velocity, x: x, t: t, along: path)
      }
      let x = try kind.solver(tolerance: tolerance).solve(
        from: noise, over: grid, along: velocity, observer: observer)
      guard let denoiseStep else { return x }
      return .combination([(1, x), (denoiseStep, try velocity(x, 1 - denoiseStep))])
    case .sde(let kind, _, let diffusion, let last, let size):
      return try SDESolver(
        path: path, prediction: intervals.prediction, diffusion: diffusion,
        stepper: kind.stepper, lastStep: last, lastStepSize: size,
        lastStepTime: lastStepTime
      ).solve(
        from: noise, over: grid, network: network, noise: stochasticNoise, observer: observer)
    }
  }
}

/// A batch without samples, which shows what a solver asks for.
struct NoSamples: FlowState {
  var sampleCount: Int { 0 }
  var scalars: [Double] { [] }
  func scaled(by factors: [Double]) -> NoSamples { self }
  static func + (left: NoSamples, right: NoSamples) -> NoSamples { left }
}

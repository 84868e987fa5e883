/// How a stochastic sampler covers the last stretch, where fresh noise would stay in the sample.
public enum LastStep: String, NamedChoice {
  /// Nothing: the stochastic steps go to the end.
  case none = "None"
  /// One step along the drift of the process, without noise.
  case mean = "Mean"
  /// The posterior mean of the data, by Tweedie's formula.
  case tweedie = "Tweedie"
  /// One step along the velocity.
  case euler = "Euler"

  public static var choiceName: String { "last step" }
}

/// A stochastic sampler: `dx = (v + g s) dt + √(2g) dW` over a grid, then a last step without noise.
///
/// SiT `transport/integrators.py` and `Sampler.sample_sde`. The network's output stands in for the
/// velocity `v` and the score `s` through ``Prediction``.
public struct SDESolver: Sendable {
  /// The path that the network was trained on.
  public let path: any AffinePath
  /// What the network predicts.
  public let prediction: Prediction
  /// The diffusion coefficient.
  public let diffusion: Diffusion
  /// The method of the stochastic steps.
  public let stepper: any SDEStepper
  /// The last step.
  public let lastStep: LastStep
  /// The size of the last step; Tweedie's does not depend on it.
  public let lastStepSize: Double
  /// The time told to the network in the last step; `nil` is the end of the grid.
  ///
  /// RAE tells it the end of the grid before the shift.
  public let lastStepTime: Double?

  /// Makes a sampler.
  ///
  /// - Parameters:
  ///   - path: The path that the network was trained on.
  ///   - prediction: What the network predicts.
  ///   - diffusion: The diffusion coefficient.
  ///   - stepper: The method of the stochastic steps.
  ///   - lastStep: The last step.
  ///   - lastStepSize: The size of the last step.
  ///   - lastStepTime: The time told to the network in it; `nil` is the end of the grid.
  public init(
    path: any AffinePath, prediction: Prediction, diffusion: Diffusion,
    stepper: any SDEStepper = EulerMaruyama(), lastStep: LastStep = .mean,
    lastStepSize: Double = 0.04, lastStepTime: Double? = nil
  ) {
    self.path = path
    self.prediction = prediction
    self.diffusion = diffusion
    self.stepper = stepper
    self.lastStep = lastStep
    self.lastStepSize = lastStepSize
    self.lastStepTime = lastStepTime
  }

  /// Runs the process over a grid, then the last step.
  ///
  /// - Parameters:
  ///   - x: The state at the first time of the grid.
  ///   - grid: The times of the stochastic steps, usually over ``TimeIntervals/sde(form:lastStepSize:)``.
  ///   - network: The network's output for a state and a time.
  ///   - noise: Standard normal numbers of the shape of the state, for stochastic step `0, 1, …`.
  ///     Let each sample's numbers depend on its own index and the step alone, and no sample depends
  ///     on its batch.
  ///   - observer: Called after every step, the last one included; it cancels by throwing.
  /// - Returns: The state after all steps.
  public func solve<State: FlowState>(
    from x: State, over grid: TimeGrid, network: (State, Double) throws -> State,
    noise: (State, Int) throws -> State, observer: (SolverStep<State>) throws -> Void
  ) rethrows -> State {
    let count = grid.stepCount + (lastStep == .none ? 0 : 1)
    let direction: Double = grid.isIncreasing ? 1 : -1
    var x = x
    for (index, (t, next)) in grid.intervals.enumerated() {
      x = try stepper.step(
        x, from: t, by: next - t, diffusion: coefficient(at: t), noise: try noise(x, index),
        along: { x, t in
          let weights = driftWeights(at: t, direction: direction)
          return .combination([(weights.output, try network(x, t)), (weights.state, x)])
        })
      try observer(SolverStep(index: index + 1, count: count, time: next, state: x))
    }
    guard lastStep != .none else { return x }
    let end = grid.times[grid.stepCount]
    let t = lastStepTime ?? end
    let weights = lastStepWeights(at: t, direction: direction)
    x = .combination([(weights.state, x), (weights.output, try network(x, t))])
    let time = end + direction * lastStepSize
    try observer(SolverStep(index: count, count: count, time: time, state: x))
    return x
  }

  /// Runs the process over a grid, then the last step, unobserved.
  ///
  /// - Parameters:
  ///   - x: The state at the first time of the grid.
  ///   - grid: The times of the stochastic steps.
  ///   - network: The network's output for a state and a time.
  ///   - noise: Standard normal numbers of the shape of the state, for stochastic step `0, 1, …`.
  /// - Returns: The state after all steps.
  public func solve<State: FlowState>(
    from x: State, over grid: TimeGrid, network: (State, Double) throws -> State,
    noise: (State, Int) throws -> State
  ) rethrows -> State {
    try solve(from: x, over: grid, network: network, noise: noise, observer: { _ in })
  }

  private func coefficient(at t: Double) -> Double { diffusion.coefficient(at: t, along: path) }

  /// Returns the weights of the drift `v + g s`; data to noise, `s` pulls the other way along `t`.
  private func driftWeights(at t: Double, direction: Double) -> (output: Double, state: Double) {
    let velocity = prediction.weights(to: .velocity, at: t, along: path)
    let g = direction * coefficient(at: t)
    // Where g ends at 0 the score ends at infinity; the drift there is the velocity.
    guard g != 0 else { return velocity }
    let score = prediction.weights(to: .score, at: t, along: path)
    return (velocity.output + g * score.output, velocity.state + g * score.state)
  }

  private func lastStepWeights(
    at t: Double, direction: Double
  ) -> (output: Double, state: Double) {
    let size = direction * lastStepSize
    switch lastStep {
    case .none: return (0, 1)
    case .mean:
      let drift = driftWeights(at: t, direction: direction)
      return (size * drift.output, 1 + size * drift.state)
    case .euler:
      let velocity = prediction.weights(to: .velocity, at: t, along: path)
      return (size * velocity.output, 1 + size * velocity.state)
    case .tweedie:
      let score = prediction.weights(to: .score, at: t, along: path)
      let alpha = path.alpha(t)
      let variance = path.sigma(t) * path.sigma(t)
      return (variance / alpha * score.output, (1 + variance * score.state) / alpha)
    }
  }
}

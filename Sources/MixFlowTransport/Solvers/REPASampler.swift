/// The samplers of REPA (sihyun-yu/REPA `samplers.py`), on this module's time axis.
///
/// They differ from SiT's in small ways: `steps` is the number of steps, not of grid points; Heun's
/// last step is Euler's; a step is guided or not by the time at its start; and the diffusion
/// coefficient is `1 − t` on every path, up to a last step without noise. Upstream keeps the state
/// in double precision, as ``DoubleBatch`` does.
public struct REPASampler: Sendable {
  /// Which equation is solved, and how.
  public enum Method: String, NamedChoice {
    /// The ordinary equation by Euler's method.
    case euler
    /// The ordinary equation by Heun's method.
    case heun
    /// The stochastic equation by the Euler–Maruyama method.
    case eulerMaruyama = "euler-maruyama"

    public static var choiceName: String { "REPA sampler" }
    /// REPA's `mode`: `ode` is Euler's method unless `heun` is asked for, `sde` the stochastic one.
    public static var aliases: [String: Method] { ["ode": .euler, "sde": .eulerMaruyama] }
  }

  /// The method.
  public let method: Method
  /// The number of steps; all but Heun's call the network once.
  public let steps: Int
  private let path: any AffinePath
  private let grid: TimeGrid

  /// The size of the last stochastic step, which adds no noise.
  private static let lastStepSize = 0.04

  /// Makes a sampler.
  ///
  /// - Parameters:
  ///   - method: The method.
  ///   - steps: The number of steps.
  ///   - path: The path that the network was trained on; the ordinary equation does not ask for it.
  /// - Throws: ``TransportError/outOfRange(_:value:allowed:)`` for too few steps or too many.
  public init(
    _ method: Method, steps: Int, path: any AffinePath = LinearPath()
  ) throws(TransportError) {
    let least = method == .eulerMaruyama ? 3 : 1
    guard least..<TimeGrid.pointLimit ~= steps else {
      throw .outOfRange(
        "num_steps", value: Double(steps), allowed: "in \(least)...\(TimeGrid.pointLimit - 1)")
    }
    self.method = method
    self.steps = steps
    self.path = path
    grid =
      method == .eulerMaruyama
      ? try TimeGrid(points: steps, over: 0...(1 - Self.lastStepSize))
      : try TimeGrid(points: steps + 1)
  }

  /// Moves noise to samples.
  ///
  /// - Parameters:
  ///   - x: The noise, at `t = 0`.
  ///   - velocity: The velocity for a state, its time, and the time at the start of the step, by
  ///     which the step is guided or not.
  ///   - noise: Standard normal numbers of the shape of the state, for stochastic step `0, 1, …`.
  ///   - observer: Called after every step; it cancels by throwing.
  /// - Returns: The state at `t = 1`.
  /// - Throws: What the closures throw.
  public func sample<State: FlowState>(
    from x: State, velocity: (_ x: State, _ t: Double, _ stepStart: Double) throws -> State,
    noise: (State, Int) throws -> State,
    observer: (SolverStep<State>) throws -> Void = { _ in }
  ) throws -> State {
    guard method != .eulerMaruyama else {
      return try SDESolver(
        path: path, prediction: .velocity, diffusion: Diffusion(.linear), lastStep: .mean,
        lastStepSize: Self.lastStepSize
      ).solve(
        from: x, over: grid, network: { try velocity($0, $1, $1) }, noise: noise, observer: observer
      )
    }
    var x = x
    for (index, (t, next)) in grid.intervals.enumerated() {
      let isPlain = method == .euler || index == steps - 1
      let stepper: any ODEStepper = isPlain ? Euler() : Heun()
      x = try stepper.step(x, from: t, by: next - t) { try velocity($0, $1, t) }
      try observer(SolverStep(index: index + 1, count: steps, time: next, state: x))
    }
    return x
  }
}

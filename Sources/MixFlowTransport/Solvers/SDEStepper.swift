/// One step of a method for `dx = f(x, t) dt + √(2g) dW`, a pure function of the noise given.
public protocol SDEStepper: Sendable {
  /// The strong order with additive noise.
  static var order: Int { get }
  /// The number of times a step calls the drift.
  static var evaluations: Int { get }

  /// Takes one step.
  ///
  /// - Parameters:
  ///   - x: The state at `t`.
  ///   - t: The time before the step.
  ///   - dt: The size of the step, negative on the way from data to noise.
  ///   - g: The diffusion coefficient at `t`.
  ///   - noise: Standard normal numbers of the shape of `x`.
  ///   - drift: The drift `f(x, t)`.
  /// - Returns: The state at `t + dt`.
  func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, diffusion g: Double, noise: State,
    along drift: (State, Double) throws -> State
  ) rethrows -> State
}

/// The Euler–Maruyama method: one evaluation.
///
/// `Euler` among SiT's stochastic samplers.
public struct EulerMaruyama: SDEStepper {
  public static let order = 1
  public static let evaluations = 1

  /// Makes the method.
  public init() {}

  public func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, diffusion g: Double, noise: State,
    along drift: (State, Double) throws -> State
  ) rethrows -> State {
    let spread = (2 * g * dt.magnitude).squareRoot()
    return .combination([(1, x), (dt, try drift(x, t)), (spread, noise)])
  }
}

/// Heun's method after the noise was added: two evaluations.
///
/// `Heun` among SiT's stochastic samplers. Without noise it is ``Heun``, of order 2.
public struct StochasticHeun: SDEStepper {
  public static let order = 1
  public static let evaluations = 2

  /// Makes the method.
  public init() {}

  public func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, diffusion g: Double, noise: State,
    along drift: (State, Double) throws -> State
  ) rethrows -> State {
    let spread = (2 * g * dt.magnitude).squareRoot()
    let noised = State.combination([(1, x), (spread, noise)])
    return try Heun().step(noised, from: t, by: dt, along: drift)
  }
}

/// The stochastic methods by the names that SiT and RAE give them.
public enum SDEMethod: String, NamedChoice {
  /// ``EulerMaruyama``.
  case eulerMaruyama = "Euler"
  /// ``StochasticHeun``.
  case heun = "Heun"

  public static var choiceName: String { "SDE solver" }
  public static var aliases: [String: SDEMethod] { ["euler-maruyama": .eulerMaruyama] }

  /// The method of this name.
  public var stepper: any SDEStepper {
    switch self {
    case .eulerMaruyama: EulerMaruyama()
    case .heun: StochasticHeun()
    }
  }

  /// The number of times one step calls the network.
  public var evaluationsPerStep: Int {
    switch self {
    case .eulerMaruyama: EulerMaruyama.evaluations
    case .heun: StochasticHeun.evaluations
    }
  }
}

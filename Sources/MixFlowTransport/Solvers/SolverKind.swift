/// The solvers of the ordinary differential equation, by torchdiffeq's names.
public enum SolverKind: String, NamedChoice {
  /// ``Euler``.
  case euler
  /// ``Midpoint``.
  case midpoint
  /// ``Heun``; `heun` alone means this one.
  case heun2
  /// ``Heun3``.
  case heun3
  /// ``RK4``.
  case rk4
  /// ``Dopri5``.
  case dopri5

  public static var choiceName: String { "ODE solver" }
  public static var aliases: [String: SolverKind] { ["heun": .heun2] }

  /// The order of the method.
  public var order: Int {
    switch self {
    case .euler: Euler.order
    case .midpoint: Midpoint.order
    case .heun2: Heun.order
    case .heun3: Heun3.order
    case .rk4: RK4.order
    case .dopri5: Dopri5.order
    }
  }

  /// The number of times one step calls the velocity.
  public var evaluationsPerStep: Int {
    switch self {
    case .euler: Euler.evaluations
    case .midpoint: Midpoint.evaluations
    case .heun2: Heun.evaluations
    case .heun3: Heun3.evaluations
    case .rk4: RK4.evaluations
    case .dopri5: Dopri5.evaluations
    }
  }

  /// Whether the solver chooses its own steps.
  public var isAdaptive: Bool { self == .dopri5 }

  /// Makes the solver.
  ///
  /// - Parameter tolerance: The error allowed in a step; fixed grids ignore it.
  /// - Returns: The solver of this name.
  public func solver(tolerance: ErrorTolerance = ErrorTolerance()) -> any ODESolver {
    switch self {
    case .euler: FixedGridSolver<Euler>()
    case .midpoint: FixedGridSolver<Midpoint>()
    case .heun2: FixedGridSolver<Heun>()
    case .heun3: FixedGridSolver<Heun3>()
    case .rk4: FixedGridSolver<RK4>()
    case .dopri5: Dopri5(tolerance: tolerance)
    }
  }
}

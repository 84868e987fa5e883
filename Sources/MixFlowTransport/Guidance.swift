/// A rule that pushes one prediction away from another: `weak + scale · (strong − weak)`.
public protocol Guidance: Hashable, Sendable {
  /// How far to go; 1 is no guidance, above 1 goes past the strong prediction.
  var scale: Double { get }
  /// The times, both ends included, at which to guide; `nil` is always.
  var interval: ClosedRange<Double>? { get }
}

extension Guidance {
  /// Returns whether the second prediction is needed at time `t`.
  ///
  /// Bounds written on the other time axis are one rounding off here, `1 − 0.7 > 0.3`, so times that
  /// close to a bound are inside.
  public func isActive(at t: Double) -> Bool {
    guard let interval else { return scale != 1 }
    let rounding = 1e-12
    return scale != 1 && t >= interval.lowerBound - rounding
      && t <= interval.upperBound + rounding
  }

  fileprivate func extrapolate<State: FlowState>(from weak: State, through strong: State) -> State {
    .combination([(1 - scale, weak), (scale, strong)])
  }
}

/// Guidance away from the unconditional prediction (Ho and Salimans, 2022).
///
/// `scale` is the full scale `s` in `uncond + s (cond − uncond)`, as in SiT, REPA and RAE.
public struct ClassifierFreeGuidance: Guidance {
  public let scale: Double
  public let interval: ClosedRange<Double>?

  /// Makes a rule.
  ///
  /// - Parameters:
  ///   - scale: How far to go; 1 is no guidance.
  ///   - interval: The times at which to guide, `t = 1` being data; `nil` is always, and also beyond
  ///     1, where adaptive solvers look.
  public init(scale: Double, interval: ClosedRange<Double>? = nil) {
    self.scale = scale
    self.interval = interval
  }

  /// Returns `unconditional + scale · (conditional − unconditional)`.
  public func combine<State: FlowState>(conditional: State, unconditional: State) -> State {
    extrapolate(from: unconditional, through: conditional)
  }

  /// Returns the guided prediction, calling `unconditional` only where the rule is active.
  public func predict<State: FlowState>(
    _ x: State, _ t: Double, conditional: (State, Double) throws -> State,
    unconditional: (State, Double) throws -> State
  ) rethrows -> State {
    let output = try conditional(x, t)
    guard isActive(at: t) else { return output }
    return combine(conditional: output, unconditional: try unconditional(x, t))
  }
}

/// Guidance away from a worse network (Karras et al., 2024), as RAE samples.
public struct AutoGuidance: Guidance {
  public let scale: Double
  public let interval: ClosedRange<Double>?

  /// Makes a rule.
  ///
  /// - Parameters:
  ///   - scale: How far to go; 1 is no guidance.
  ///   - interval: The times at which to guide; `nil` is always.
  public init(scale: Double, interval: ClosedRange<Double>? = nil) {
    self.scale = scale
    self.interval = interval
  }

  /// Returns `guide + scale · (main − guide)`.
  public func combine<State: FlowState>(main: State, guide: State) -> State {
    extrapolate(from: guide, through: main)
  }

  /// Returns the guided prediction, calling `guide` only where the rule is active.
  public func predict<State: FlowState>(
    _ x: State, _ t: Double, main: (State, Double) throws -> State,
    guide: (State, Double) throws -> State
  ) rethrows -> State {
    let output = try main(x, t)
    guard isActive(at: t) else { return output }
    return combine(main: output, guide: try guide(x, t))
  }
}

/// Which end of the time axis holds the data, and the way between the two conventions.
///
/// Everything in this module has noise at 0 and data at 1. Settings and networks written the other
/// way are adapted here and nowhere else.
public enum TimeConvention: String, CaseIterable, Codable, Sendable {
  /// Noise at 0, data at 1: the paper, SiT, and this module.
  case dataAtOne
  /// Data at 0, noise at 1: RAE and REPA.
  case dataAtZero

  /// Returns a time of this convention in this module's, or the other way; both are one formula.
  public func convert(_ t: Double) -> Double { self == .dataAtOne ? t : 1 - t }

  /// Returns an interval of this convention in this module's, or the other way.
  public func convert(_ interval: ClosedRange<Double>) -> ClosedRange<Double> {
    self == .dataAtOne ? interval : (1 - interval.upperBound)...(1 - interval.lowerBound)
  }

  /// Returns this module's interval for two bounds that a user wrote in this convention.
  ///
  /// - Throws: ``TransportError/outOfRange(_:value:allowed:)`` unless `lower ≤ upper`.
  public func interval(from lower: Double, to upper: Double) throws(TransportError)
    -> ClosedRange<Double>
  {
    guard lower <= upper else {
      throw .outOfRange("the end of the interval", value: upper, allowed: "at least \(lower)")
    }
    return convert(lower...upper)
  }

  /// Calls a velocity network that was trained in this convention.
  ///
  /// - Parameters:
  ///   - x: The state.
  ///   - t: The time, in this module's convention.
  ///   - network: The network, called at this convention's time; `dx/dt` turns its sign with `t`.
  /// - Returns: The velocity in this module's convention.
  public func velocity<State: FlowState>(
    _ x: State, _ t: Double, network: (State, Double) throws -> State
  ) rethrows -> State {
    let output = try network(x, convert(t))
    return self == .dataAtOne ? output : output.scaled(by: -1)
  }

  /// Rewrites an example of a velocity network for one that is trained in this convention.
  ///
  /// - Parameter example: Input, times and velocities in this module's convention.
  /// - Returns: The same example with times and velocities in this convention.
  public func velocityExample<State: FlowState>(
    _ example: TrainingExample<State>
  ) -> TrainingExample<State> {
    guard self == .dataAtZero else { return example }
    return TrainingExample(
      input: example.input, t: example.t.map(convert), target: example.target.scaled(by: -1),
      weight: example.weight)
  }
}

/// The times at which a path and a prediction may be trained and sampled.
///
/// Noise and score prediction do not determine the velocity at `t = 0`, and the score does not exist
/// at `t = 1`; a margin keeps away from both. SiT `Transport.check_interval`, with its defaults.
public struct TimeIntervals: Hashable, Sendable {
  /// The path.
  public let path: PathKind
  /// The prediction.
  public let prediction: Prediction
  /// The margin in training.
  public let trainingMargin: Double
  /// The margin in sampling.
  public let samplingMargin: Double
  /// The last time where no margin applies.
  public let end: Double

  /// Makes the intervals.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - prediction: The prediction.
  ///   - trainingMargin: Upstream's `train_eps`; by default 1e-5 for VP, else 1e-3 for noise and
  ///     score, 0 for velocity.
  ///   - samplingMargin: Upstream's `sample_eps`; by default 1e-3 for VP, noise and score, 0 for
  ///     velocity. Upstream ignores a margin given for velocity; here stochastic sampling uses it.
  ///   - end: The end of the axis; 1 in SiT, 0.999 in RAE.
  /// - Throws: ``TransportError/outOfRange(_:value:allowed:)`` for a margin outside `[0, 0.5)` or an
  ///   end outside `(0.5, 1]`.
  public init(
    path: PathKind, prediction: Prediction, trainingMargin: Double? = nil,
    samplingMargin: Double? = nil, end: Double = 1
  ) throws(TransportError) {
    for (name, margin) in [("train_eps", trainingMargin), ("sample_eps", samplingMargin)] {
      guard let margin, !(0..<0.5).contains(margin) else { continue }
      throw .outOfRange(name, value: margin, allowed: "in [0, 0.5)")
    }
    guard end > 0.5, end <= 1 else {
      throw .outOfRange("the end of the time axis", value: end, allowed: "in (0.5, 1]")
    }
    let isBounded = path != .vp && prediction == .velocity
    self.path = path
    self.prediction = prediction
    self.trainingMargin = trainingMargin ?? (isBounded ? 0 : path == .vp ? 1e-5 : 1e-3)
    self.samplingMargin = samplingMargin ?? (isBounded ? 0 : 1e-3)
    self.end = end
  }

  /// The interval of training times.
  public var training: ClosedRange<Double> { deterministic(margin: trainingMargin) }

  /// The interval over which to solve the ordinary differential equation.
  public var ode: ClosedRange<Double> { deterministic(margin: samplingMargin) }

  /// Finds the interval over which to take stochastic steps, before the last step.
  ///
  /// - Parameters:
  ///   - form: The diffusion form.
  ///   - lastStepSize: The size of the last step, which covers the rest up to `t = 1`; 0 without one.
  /// - Returns: The first and the last time of the stochastic steps.
  /// - Throws: ``TransportError`` if the form is infinite at the start of the interval, or the last
  ///   step is not in `[0, 1)`.
  public func sde(form: DiffusionForm, lastStepSize: Double) throws(TransportError)
    -> ClosedRange<Double>
  {
    guard (0..<1).contains(lastStepSize) else {
      throw .outOfRange("last_step_size", value: lastStepSize, allowed: "in [0, 1)")
    }
    let last = 1 - (lastStepSize == 0 ? samplingMargin : lastStepSize)
    guard path != .vp else { return 0...last }
    let first = form == .sbdm || prediction != .velocity ? samplingMargin : 0
    guard form != .sbdm || first > 0 else {
      throw .infiniteDiffusion(form.rawValue, path: path.rawValue, time: first)
    }
    guard first < last else {
      throw .outOfRange("last_step_size", value: lastStepSize, allowed: "below \(1 - first)")
    }
    return first...last
  }

  private func deterministic(margin: Double) -> ClosedRange<Double> {
    if path == .vp { return 0...(1 - margin) }
    return prediction == .velocity ? 0...end : margin...(1 - margin)
  }
}

/// How the width of MixFlow's mixture depends on the time.
public enum MixtureRange: String, NamedChoice {
  /// `m ~ U[(1 − γ) t, t]`: MixFlow as published.
  case constant
  /// `m ~ U[(1 − γ (1 − t)) t, t]`: the range closes towards data.
  ///
  /// For data without a decoder behind it, such as pixels, where training on the full range leaves a
  /// residue of noise in the samples.
  case vanishing

  public static var choiceName: String { "mixture range" }
}

/// The pair of times of a MixFlow training sample.
public struct Timesteps: Hashable, Sendable {
  /// The time that the network is told, and that its target is of.
  public let t: Double
  /// The time of the input that it sees, slowed: `0 ≤ m ≤ t`.
  public let m: Double

  /// Makes a pair.
  public init(t: Double, m: Double) {
    self.t = t
    self.m = m
  }
}

/// Draws MixFlow timesteps: `t ~ Beta(2, 1)` and the slowed `m ~ U[(1 − γ) t, t]`, towards noise.
///
/// Li et al., "MixFlow Training", 2025. With `γ = 0` the input is taken at `t` itself; together with
/// the base model's own law of `t` that is plain training, the control to compare with.
public struct MixFlowTimestepSampler: Hashable, Sendable {
  /// The mixture range coefficient `γ`, in `[0, 1]`.
  public let gamma: Double
  /// The law of `t`.
  public let base: TimeSampler
  /// How the range depends on the time.
  public let range: MixtureRange
  /// The shift applied to `t` before `m` is drawn; `m` is not shifted again.
  public let shift: TimeShift
  /// The interval to which the law of `t` is truncated, before the shift.
  public let interval: ClosedRange<Double>

  /// Makes a sampler.
  ///
  /// - Parameters:
  ///   - gamma: The mixture range coefficient, in `[0, 1]`.
  ///   - base: The law of `t`.
  ///   - range: How the range depends on the time.
  ///   - shift: The shift of `t` towards noise.
  ///   - interval: The interval of training times, a part of `[0, 1]`.
  /// - Throws: ``TransportError/outOfRange(_:value:allowed:)`` for `gamma` or an interval outside
  ///   `[0, 1]`.
  public init(
    gamma: Double, base: TimeSampler = .beta21, range: MixtureRange = .constant,
    shift: TimeShift = .none, interval: ClosedRange<Double> = 0...1
  ) throws(TransportError) {
    guard (0...1).contains(gamma) else {
      throw .outOfRange("gamma", value: gamma, allowed: "in [0, 1]")
    }
    guard interval.lowerBound >= 0 else {
      throw .outOfRange(
        "the first training time", value: interval.lowerBound, allowed: "at least 0")
    }
    guard interval.upperBound <= 1 else {
      throw .outOfRange("the last training time", value: interval.upperBound, allowed: "at most 1")
    }
    self.gamma = gamma
    self.base = base
    self.range = range
    self.shift = shift
    self.interval = interval
  }

  /// Maps two numbers in `[0, 1)`, independent and uniform when drawing, to a pair of times.
  ///
  /// - Parameters:
  ///   - u: The quantile of `t`.
  ///   - v: The place of `m` in its range; 0 is `m = t`.
  /// - Returns: The time to tell the network and the time of its input.
  public func timesteps(u: Double, v: Double) -> Timesteps {
    let t = shift(base.time(at: u, in: interval))
    let slowing = range == .constant ? gamma * v : gamma * v * (1 - t)
    return Timesteps(t: t, m: t * (1 - slowing))
  }

  /// Draws one pair, with two calls of `next()` whatever `gamma` is.
  public func sample(using generator: inout some RandomNumberGenerator) -> Timesteps {
    let u = generator.uniform()
    let v = generator.uniform()
    return timesteps(u: u, v: v)
  }
}

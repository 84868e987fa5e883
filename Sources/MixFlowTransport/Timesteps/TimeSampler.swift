/// The law of the training time `t`, `t = 1` being data.
///
/// Each law is the inverse of its distribution function, so a draw is a pure function of one uniform
/// number, and a law truncated to an interval stays inside it.
public enum TimeSampler: Hashable, Sendable {
  /// Every time alike.
  case uniform
  /// `logit t ~ N(mean, standardDeviation²)`; a positive mean leans towards data.
  case logitNormal(mean: Double, standardDeviation: Double)
  /// `ln tan(πt/2) ~ N(0, 1)`: REPA's `lognormal` on its cosine path.
  case logTangentNormal
  /// Beta(2, 1), density `2t`: more often near data. MixFlow's choice.
  case beta21

  /// Maps a quantile to its time.
  ///
  /// - Parameters:
  ///   - u: A number in `[0, 1)`, uniform when drawing.
  ///   - interval: A part of `[0, 1]`.
  /// - Returns: The time at quantile `u` of the law truncated to `interval`.
  public func time(at u: Double, in interval: ClosedRange<Double> = 0...1) -> Double {
    let low = interval.lowerBound
    let high = interval.upperBound
    switch self {
    case .uniform:
      return low + (high - low) * u
    case .beta21:
      return (low * low + u * (high * high - low * low)).squareRoot()
    case .logitNormal(let mean, let deviation):
      return truncatedNormal(
        at: u, in: interval, score: { (log($0 / (1 - $0)) - mean) / deviation },
        time: { 1 / (1 + exp(-(mean + deviation * $0))) })
    case .logTangentNormal:
      return truncatedNormal(
        at: u, in: interval, score: { log(tan(.pi / 2 * $0)) }, time: { 2 / .pi * atan(exp($0)) })
    }
  }

  /// Returns the time at quantile `u` of a law under which a `score` that rises with the time is
  /// standard normal.
  private func truncatedNormal(
    at u: Double, in interval: ClosedRange<Double>, score: (Double) -> Double,
    time: (Double) -> Double
  ) -> Double {
    let first = NormalDistribution.probability(below: score(interval.lowerBound))
    let last = NormalDistribution.probability(below: score(interval.upperBound))
    let t = time(NormalDistribution.quantile(first + (last - first) * u))
    return min(max(t, interval.lowerBound), interval.upperBound)
  }

  /// REPA's `lognormal`: the noise of `x_t` relative to its data, `σ_t / α_t`, is log-normal.
  ///
  /// - Parameter path: The path, linear or GVP (REPA's `cosine`).
  /// - Returns: The law of the time on that path.
  /// - Throws: ``TransportError/unknownName(_:of:known:)`` for a path that REPA does not have.
  public static func logNormalNoise(on path: PathKind) throws(TransportError) -> TimeSampler {
    switch path {
    case .linear: return .logitNormal(mean: 0, standardDeviation: 1)
    case .gvp: return .logTangentNormal
    case .vp:
      throw .unknownName(
        path.rawValue, of: "path for lognormal times",
        known: [PathKind.linear.rawValue, PathKind.gvp.rawValue])
    }
  }

  /// Draws one time from the law truncated to `interval`, with one call of `next()`.
  public func sample(
    in interval: ClosedRange<Double> = 0...1, using generator: inout some RandomNumberGenerator
  ) -> Double {
    time(at: generator.uniform(), in: interval)
  }
}

extension TimeSampler: CustomStringConvertible {
  /// The name as configurations write it, such as `logit-normal_0_1`.
  public var description: String {
    switch self {
    case .uniform: "uniform"
    case .beta21: "beta_2_1"
    case .logTangentNormal: "log-tangent-normal"
    case .logitNormal(let mean, let deviation): "logit-normal_\(mean)_\(deviation)"
    }
  }

  /// Reads `uniform`, `beta_2_1`, `log-tangent-normal` or `logit-normal_<mean>_<standard deviation>`.
  ///
  /// - Parameters:
  ///   - text: The name, with its numbers.
  ///   - convention: The time axis on which the text speaks. On RAE's the mean changes its sign;
  ///     `beta_2_1` means "more often near data" on both.
  /// - Throws: ``TransportError`` naming the known laws.
  public init(
    parsing text: String, convention: TimeConvention = .dataAtOne
  ) throws(TransportError) {
    let fields = text.split(separator: "_", omittingEmptySubsequences: false)
    switch fields.first?.lowercased() {
    case "uniform" where fields.count == 1:
      self = .uniform
    case "beta" where text.lowercased() == "beta_2_1":
      self = .beta21
    case "log-tangent-normal" where fields.count == 1:
      self = .logTangentNormal
    case "logit-normal":
      guard fields.count == 3, let mean = Double(fields[1]), let deviation = Double(fields[2]),
        mean.isFinite, deviation.isFinite
      else {
        throw .malformed(
          text, of: "time distribution",
          expected: "logit-normal_<mean>_<standard deviation>, such as logit-normal_0_1")
      }
      guard deviation > 0 else {
        throw .outOfRange("the deviation in '\(text)'", value: deviation, allowed: "above 0")
      }
      self = .logitNormal(
        mean: convention == .dataAtOne ? mean : -mean, standardDeviation: deviation)
    default:
      throw .unknownName(
        text, of: "time distribution",
        known: [
          "uniform", "beta_2_1", "logit-normal_<mean>_<standard deviation>", "log-tangent-normal",
        ])
    }
  }
}

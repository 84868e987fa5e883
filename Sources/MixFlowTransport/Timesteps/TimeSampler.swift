/// The law of the training time `t`, `t = 1` being data.
///
/// Each law is the inverse of its distribution function, so a draw is a pure function of one uniform
/// number, and a law truncated to an interval stays inside it.
public enum TimeSampler: Hashable, Sendable {
  /// Every time alike.
  case uniform
  /// `logit t ~ N(mean, standardDeviation²)`; a positive mean leans towards data.
  case logitNormal(mean: Double, standardDeviation: Double)
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
      func below(_ t: Double) -> Double {
        NormalDistribution.probability(below: (log(t / (1 - t)) - mean) / deviation)
      }
      let first = below(low)
      let z = NormalDistribution.quantile(first + (below(high) - first) * u)
      let t = 1 / (1 + exp(-(mean + deviation * z)))
      return min(max(t, low), high)
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
    case .logitNormal(let mean, let deviation): "logit-normal_\(mean)_\(deviation)"
    }
  }

  /// Reads `uniform`, `beta_2_1` or `logit-normal_<mean>_<standard deviation>`.
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
        known: ["uniform", "beta_2_1", "logit-normal_<mean>_<standard deviation>"])
    }
  }
}

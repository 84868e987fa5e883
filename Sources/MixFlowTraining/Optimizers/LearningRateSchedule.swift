import Foundation

/// The learning rate as a function of the update's number.
///
/// The rule is that of RAE's `build_scheduler`: a warm-up, then a decay from the base rate to the
/// final rate that ends at `decayEnd`, then the final rate.
public struct LearningRateSchedule: Codable, Equatable, Sendable {
  /// The form of the decay.
  public enum Decay: String, Codable, CaseIterable, Sendable {
    /// No decay.
    case constant
    /// Along a straight line.
    case linear
    /// Along half a period of a cosine.
    case cosine
  }

  /// The form of the decay after the warm-up.
  public var decay: Decay
  /// The rate at the end of the warm-up.
  public var base: Double
  /// The rate from `decayEnd` on; not used by a constant schedule.
  public var final: Double
  /// The number of updates in the warm-up.
  public var warmup: Int
  /// Whether the warm-up climbs as `(n + 1) / warmup`; else it holds the base rate.
  public var rampsUp: Bool
  /// The update at which the decay ends.
  public var decayEnd: Int

  /// Creates a schedule.
  public init(
    decay: Decay = .constant, base: Double, final: Double = 0, warmup: Int = 0,
    rampsUp: Bool = true, decayEnd: Int = 0
  ) {
    self.decay = decay
    self.base = base
    self.final = final
    self.warmup = warmup
    self.rampsUp = rampsUp
    self.decayEnd = decayEnd
  }

  /// Returns the rate of update number `step`, counted from 0.
  public func rate(at step: Int) -> Double {
    if step < warmup { return rampsUp ? base * Double(step + 1) / Double(warmup) : base }
    if decay == .constant { return base }
    if step >= decayEnd { return final }
    let progress = Double(step - warmup) / Double(max(decayEnd - warmup, 1))
    switch decay {
    case .constant: return base
    case .linear: return base - (base - final) * progress
    case .cosine: return final + (base - final) * 0.5 * (1 + cos(.pi * progress))
    }
  }
}

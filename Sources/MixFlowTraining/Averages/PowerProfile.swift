import Foundation

/// How a power-function average weighs the parameters of the past: `p(s) = (γ + 1) s^γ / t^(γ + 1)` for
/// a time `s` from 0 to `t`, the number of updates (Karras et al., 2024, section 3.1).
///
/// The parameters after update `n` last from `n − 1` to `n`. With the decay `(1 − 1/t)^(γ + 1)` the
/// weight of each is the integral of the profile over that time, so that a sum of profiles is a sum of
/// averages without error.
public struct PowerProfile: Equatable, Sendable {
  /// The exponent γ, above −1/2.
  public let exponent: Double
  /// The number of updates `t`, above 0.
  public let updates: Double

  /// Creates a profile.
  ///
  /// - Parameters:
  ///   - width: The relative width, one that ``isWidth(_:)`` allows.
  ///   - updates: The number of updates.
  public init(width: Double, updates: Int) {
    precondition(Self.isWidth(width) && updates > 0, "width \(width) after \(updates) updates")
    exponent = Self.exponent(ofWidth: width)
    self.updates = Double(updates)
  }

  /// Whether a number can be a relative width: above 0, up to 0.28, near which the exponent reaches 0.
  public static func isWidth(_ width: Double) -> Bool {
    // Far below, where nothing is averaged any more, the exponents would overflow.
    width >= 1e-9 && width <= 0.28
  }

  /// Returns the standard deviation of the profile of an exponent γ relative to its length, the paper's
  /// `σ_rel = √((γ + 1) / ((γ + 2)² (γ + 3)))`.
  public static func width(ofExponent gamma: Double) -> Double {
    ((gamma + 1) / (gamma + 3)).squareRoot() / (gamma + 2)
  }

  /// Returns the exponent γ of a relative width: the largest root of
  /// `γ³ + 7γ² + (16 − σ⁻²) γ + 12 − σ⁻²`.
  public static func exponent(ofWidth width: Double) -> Double {
    let square = 1 / (width * width)
    // To the right of the largest root, from where Newton's method falls to it without overshooting.
    var gamma = 1 / width
    while true {
      let value = ((gamma + 7) * gamma + 16 - square) * gamma + 12 - square
      let next = gamma - value / ((3 * gamma + 14) * gamma + 16 - square)
      guard next < gamma else { return gamma }
      gamma = next
    }
  }

  /// Returns the decay `(1 − 1/t)^(γ + 1)` of an average at an update.
  ///
  /// - Parameters:
  ///   - width: The relative width.
  ///   - update: The number of the update `t`, from 1.
  /// - Returns: The decay; 0 at the first update.
  public static func decay(width: Double, at update: Int) -> Double {
    guard update > 1 else { return 0 }
    return pow(1 - 1 / Double(update), exponent(ofWidth: width) + 1)
  }

  /// Returns the profile at a time, per update.
  public func density(at time: Double) -> Double {
    guard (0...updates).contains(time) else { return 0 }
    return (exponent + 1) / updates * pow(time / updates, exponent)
  }

  /// Returns the integral of the product with another profile (Karras et al., 2024, appendix C).
  public func innerProduct(with other: PowerProfile) -> Double {
    let (first, last) = updates <= other.updates ? (self, other) : (other, self)
    // In this form no power overflows.
    return (first.exponent + 1) * (last.exponent + 1) / (first.exponent + last.exponent + 1)
      * pow(first.updates / last.updates, last.exponent) / last.updates
  }
}

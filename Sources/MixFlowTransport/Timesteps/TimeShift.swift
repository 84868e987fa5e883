/// The shift of times towards noise for latents of many dimensions (Esser et al., 2024).
///
/// RAE writes `t ← s t / (1 + (s − 1) t)` with noise at 1; with noise at 0, as here, the same shift
/// is `t ← t / (s − (s − 1) t)`. It keeps 0 and 1 in place.
public struct TimeShift: Hashable, Sendable {
  /// The strength `s`; 1 leaves times as they are.
  public let factor: Double

  /// The shift that leaves times as they are.
  public static let none = TimeShift(unchecked: 1)

  private init(unchecked factor: Double) { self.factor = factor }

  /// Makes a shift.
  ///
  /// - Throws: ``TransportError/outOfRange(_:value:allowed:)`` unless `factor` is finite and above 0.
  public init(factor: Double) throws(TransportError) {
    guard factor > 0, factor.isFinite else {
      throw .outOfRange("time shift", value: factor, allowed: "finite and above 0")
    }
    self.factor = factor
  }

  /// Makes RAE's shift `s = √(dimension / base)` for latents of `dimension` numbers each.
  ///
  /// - Throws: ``TransportError/outOfRange(_:value:allowed:)`` unless both are above 0.
  public init(dimension: Double, base: Double = 4096) throws(TransportError) {
    guard base > 0, base.isFinite else {
      throw .outOfRange("time_dist_shift_base", value: base, allowed: "finite and above 0")
    }
    guard dimension > 0, dimension.isFinite else {
      throw .outOfRange("time_dist_shift_dim", value: dimension, allowed: "finite and above 0")
    }
    factor = (dimension / base).squareRoot()
  }

  /// Returns the shifted time.
  public func callAsFunction(_ t: Double) -> Double { t / (factor - (factor - 1) * t) }
}

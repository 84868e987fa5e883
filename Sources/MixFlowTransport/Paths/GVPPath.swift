/// The generalised variance-preserving path: `α_t = sin(πt/2)`, `σ_t = cos(πt/2)`.
public struct GVPPath: AffinePath {
  /// Makes the path.
  public init() {}

  public func alpha(_ t: Double) -> Double { sin(.pi / 2 * t) }
  public func sigma(_ t: Double) -> Double { cos(.pi / 2 * t) }
  public func alphaDerivative(_ t: Double) -> Double { .pi / 2 * cos(.pi / 2 * t) }
  public func sigmaDerivative(_ t: Double) -> Double { -.pi / 2 * sin(.pi / 2 * t) }
  public func logAlphaDerivative(_ t: Double) -> Double { .pi / (2 * tan(.pi / 2 * t)) }
  public func scoreWeight(_ t: Double) -> Double { .pi / (2 * tan(.pi / 2 * t)) }
}

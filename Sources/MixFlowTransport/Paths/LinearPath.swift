/// The straight path of rectified flow: `α_t = t`, `σ_t = 1 − t`.
public struct LinearPath: AffinePath {
  /// Makes the path.
  public init() {}

  public func alpha(_ t: Double) -> Double { t }
  public func sigma(_ t: Double) -> Double { 1 - t }
  public func alphaDerivative(_ t: Double) -> Double { 1 }
  public func sigmaDerivative(_ t: Double) -> Double { -1 }
  public func scoreWeight(_ t: Double) -> Double { (1 - t) / t }
}

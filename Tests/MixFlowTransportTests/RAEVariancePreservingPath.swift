import MixFlowTransport

/// RAE's `VPCPlan` on this module's time axis: SiT's VP with noise and data exchanged.
///
/// It is no time mirror of ``VPPath``, so the library does not offer it under that name; it stands
/// here for the paths that a caller may add.
struct RAEVariancePreservingPath: AffinePath {
  private let base = VPPath()

  func alpha(_ t: Double) -> Double { base.sigma(1 - t) }
  func sigma(_ t: Double) -> Double { base.alpha(1 - t) }
  func alphaDerivative(_ t: Double) -> Double { -base.sigmaDerivative(1 - t) }
  func sigmaDerivative(_ t: Double) -> Double { -base.alphaDerivative(1 - t) }
}

extension PathKind {
  /// The path that the repository of `convention` means by this name, on this module's time axis.
  func pathMeant(by convention: TimeConvention) -> any AffinePath {
    self == .vp && convention == .dataAtZero ? RAEVariancePreservingPath() : path
  }
}

import MixFlowTransport

/// The flow from `N(0, 1)` to `N(0, deviation²)`, whose every part is known in closed form.
struct GaussianFlow {
  let path: any AffinePath
  let deviation: Double

  /// The variance of `x_t`.
  func variance(at t: Double) -> Double {
    let (alpha, sigma) = (path.alpha(t), path.sigma(t))
    return alpha * alpha * deviation * deviation + sigma * sigma
  }

  /// The factor in `v(x, t) = rate(t) x`.
  func rate(at t: Double) -> Double {
    let data = path.alpha(t) * path.alphaDerivative(t) * deviation * deviation
    return (data + path.sigma(t) * path.sigmaDerivative(t)) / variance(at: t)
  }

  /// What a perfect network answers.
  func answer(_ prediction: Prediction, _ x: Vector, at t: Double) -> Vector {
    switch prediction {
    case .velocity: x.scaled(by: rate(at: t))
    case .noise: x.scaled(by: path.sigma(t) / variance(at: t))
    case .score: x.scaled(by: -1 / variance(at: t))
    }
  }
}

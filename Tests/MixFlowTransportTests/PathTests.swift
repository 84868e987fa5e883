import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct PathTests {
  static let times = [0.01, 0.1, 0.3, 0.5, 0.77, 0.95]

  @Test(arguments: PathKind.allCases, times)
  func derivativesMatchFiniteDifferences(kind: PathKind, t: Double) {
    let path = kind.path
    let step = 1e-6
    func slope(_ f: (Double) -> Double) -> Double { (f(t + step) - f(t - step)) / (2 * step) }
    expectClose(path.alphaDerivative(t), slope(path.alpha), relativeToMax: 1e-7, absolute: 1e-8)
    expectClose(path.sigmaDerivative(t), slope(path.sigma), relativeToMax: 1e-7, absolute: 1e-8)
  }

  @Test(arguments: PathKind.allCases, times)
  func closedFormsMatchTheirDefinitions(kind: PathKind, t: Double) {
    let path = kind.path
    let ratio = path.alphaDerivative(t) / path.alpha(t)
    let sigma = path.sigma(t)
    expectClose(path.logAlphaDerivative(t), ratio, relativeToMax: 1e-12)
    expectClose(
      path.scoreWeight(t), ratio * sigma * sigma - sigma * path.sigmaDerivative(t),
      relativeToMax: 1e-9)
  }

  @Test(arguments: PathKind.allCases)
  func endsInDataAndBeginsInNoise(kind: PathKind) {
    let path = kind.path
    expectClose(path.alpha(1), 1, absolute: 1e-15)
    expectClose(path.sigma(1), 0, absolute: 1e-15)
    // VP begins with a trace of data.
    expectClose(path.alpha(0), 0, absolute: kind == .vp ? 0.0066 : 0)
    expectClose(path.sigma(0), 1, absolute: kind == .vp ? 3e-5 : 0)
  }

  @Test(arguments: [PathKind.gvp, .vp], times)
  func preservesVariance(kind: PathKind, t: Double) {
    let alpha = kind.path.alpha(t)
    let sigma = kind.path.sigma(t)
    expectClose(alpha * alpha + sigma * sigma, 1, absolute: 1e-14)
  }

  @Test func interpolatesEverySampleAtItsTime() {
    let x0 = Vector(rows: [[1], [2]])
    let x1 = Vector(rows: [[5], [6]])
    let path = LinearPath()
    #expect(path.interpolate(from: x0, to: x1, t: [0.25, 1]) == Vector(rows: [[2], [6]]))
    #expect(path.velocity(from: x0, to: x1, t: [0.25, 1]) == Vector(rows: [[4], [4]]))
  }
}

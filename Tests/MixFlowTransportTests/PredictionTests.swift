import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct PredictionTests {
  static let times = [0.02, 0.2, 0.5, 0.8, 0.98]
  let x0 = Vector(rows: [[0.3, -1.2], [0.7, 2]])
  let x1 = Vector(rows: [[1.5, 0.4], [-0.8, 0.1]])

  /// What a network that knows `x0` and `x1` would answer.
  private func answer(_ prediction: Prediction, at t: Double, along path: any AffinePath) -> Vector
  {
    switch prediction {
    case .velocity: path.velocity(from: x0, to: x1, t: [t, t])
    case .noise: x0
    case .score: x0.scaled(by: -1 / path.sigma(t))
    }
  }

  @Test(arguments: PathKind.allCases, times)
  func convertsBetweenAllMeanings(kind: PathKind, t: Double) {
    let path = kind.path
    let x = path.interpolate(from: x0, to: x1, t: [t, t])
    for source in Prediction.allCases {
      for target in Prediction.allCases {
        let output = answer(source, at: t, along: path)
        let expected = answer(target, at: t, along: path).scalars
        let all = source.convert(output, to: target, x: x, t: t, along: path)
        expectClose(all.scalars, expected, relativeToMax: 1e-11, "\(source) to \(target)")
        let each = source.convert(output, to: target, x: x, t: [t, t], along: path)
        expectClose(each.scalars, expected, relativeToMax: 1e-11, "\(source) to \(target), each")
      }
    }
  }

  @Test(arguments: PathKind.allCases, times)
  func roundTripsReturnTheOutput(kind: PathKind, t: Double) {
    for source in Prediction.allCases {
      for target in Prediction.allCases {
        let there = source.convert(x0, to: target, x: x1, t: t, along: kind.path)
        let back = target.convert(there, to: source, x: x1, t: t, along: kind.path)
        expectClose(back.scalars, x0.scalars, relativeToMax: 1e-11, "\(source) to \(target)")
      }
    }
  }

  @Test(arguments: [PathKind.linear, .gvp])
  func noiseOfAVelocityExistsAtBothEnds(kind: PathKind) {
    for t in [0.0, 1] {
      let x = kind.path.interpolate(from: x0, to: x1, t: [t, t])
      let velocity = answer(.velocity, at: t, along: kind.path)
      let noise = Prediction.velocity.convert(velocity, to: .noise, x: x, t: t, along: kind.path)
      expectClose(noise.scalars, x0.scalars, relativeToMax: 1e-14)
    }
  }
}

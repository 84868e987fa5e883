import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct ObjectiveTests {
  let x0 = Vector(rows: [[0.3, -1.2], [0.7, 2]])
  let x1 = Vector(rows: [[1.5, 0.4], [-0.8, 0.1]])
  let output = Vector(rows: [[0.2, 0.9], [-0.4, 1.1]])
  let t = [0.6, 0.9]
  let m = [0.5, 0.3]

  /// The per-sample losses of `transport.py`, written out: `mean(w (σ output + x0)²)` and its kin.
  private func upstreamLosses(_ objective: Objective) -> [Double] {
    t.indices.map { sample in
      let path = objective.path
      let (w, sigma) = (path.scoreWeight(t[sample]), path.sigma(t[sample]))
      let weight: Double =
        switch objective.lossWeight {
        case .none: 1
        case .velocity: (w / sigma) * (w / sigma)
        case .likelihood: w / (sigma * sigma)
        }
      let terms = output.rows[sample].indices.map { element in
        let (answer, noise) = (output.rows[sample][element], x0.rows[sample][element])
        let data = x1.rows[sample][element]
        let velocity =
          path.alphaDerivative(t[sample]) * data + path.sigmaDerivative(t[sample]) * noise
        let root: Double =
          switch objective.prediction {
          case .velocity: answer - velocity
          case .noise: weight.squareRoot() * (answer - noise)
          case .score: weight.squareRoot() * (answer * sigma + noise)
          }
        return root * root
      }
      return mean(terms)
    }
  }

  @Test(arguments: PathKind.allCases, Prediction.allCases)
  func lossIsUpstreams(kind: PathKind, prediction: Prediction) {
    for lossWeight in LossWeight.allCases {
      let objective = Objective(path: kind.path, prediction: prediction, lossWeight: lossWeight)
      let example = objective.example(x0: x0, x1: x1, t: t, m: t)
      expectClose(
        losses(of: output, example), upstreamLosses(objective), relativeToMax: 1e-12,
        "\(kind) \(prediction) \(lossWeight)")
    }
  }

  @Test(arguments: PathKind.allCases)
  func inputIsSlowedAndTimeIsNot(kind: PathKind) {
    let example = Objective(path: kind.path).example(x0: x0, x1: x1, t: t, m: m)
    #expect(example.input == kind.path.interpolate(from: x0, to: x1, t: m))
    #expect(example.t == t)
    #expect(example.target == kind.path.velocity(from: x0, to: x1, t: t))
  }

  @Test(arguments: Prediction.allCases)
  func targetTimeMovesTheVelocityAlone(prediction: Prediction) {
    func example(_ targetTime: TargetTime) -> TrainingExample<Vector> {
      Objective(path: GVPPath(), prediction: prediction, targetTime: targetTime)
        .example(x0: x0, x1: x1, t: t, m: m)
    }
    #expect((example(.t).target == example(.m).target) == (prediction != .velocity))
    #expect(example(.t).weight == example(.m).weight)
    if prediction == .velocity {
      #expect(example(.m).target == GVPPath().velocity(from: x0, to: x1, t: m))
    }
  }

  @Test func linearTargetIsTheSameAtBothTimes() {
    let example = Objective(targetTime: .m).example(x0: x0, x1: x1, t: t, m: m)
    #expect(example.target == x1 - x0)
  }
}

/// The per-sample losses of a network's output, as `TrainingExample` defines them.
func losses(of output: Vector, _ example: TrainingExample<Vector>) -> [Double] {
  zip((output - example.target).rows, example.weight).map { row, weight in
    weight * mean(row.map { $0 * $0 })
  }
}

import Foundation
import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct SDETests {
  /// `dx = −x dt + √(2g) dW` from one path of `W` per element, by steps of several sizes.
  @Test(arguments: SDEMethod.allCases)
  func hasItsStrongOrder(method: SDEMethod) {
    let g = 0.5
    let fine = 1024
    let paths = 500
    var generator = SplitMix64(seed: 3)
    let increments = (0..<fine).map { _ in
      generator.normals(paths).map { $0 * (1 / Double(fine)).squareRoot() }
    }
    // The solution up to an error of the order of the fine step.
    var exact = [Double](repeating: exp(-1), count: paths)
    for (index, increment) in increments.enumerated() {
      let decay = (2 * g).squareRoot() * exp(-1 + (Double(index) + 0.5) / Double(fine))
      exact = zip(exact, increment).map { $0 + decay * $1 }
    }
    let steps = [4, 8, 16, 32]
    let errors = steps.map { count in
      let dt = 1 / Double(count)
      let width = fine / count
      var x = Vector(rows: [[Double](repeating: 1, count: paths)])
      for index in 0..<count {
        let sum = increments[(index * width)..<((index + 1) * width)]
          .reduce([Double](repeating: 0, count: paths)) { zip($0, $1).map(+) }
        x = method.stepper.step(
          x, from: Double(index) * dt, by: dt, diffusion: g,
          noise: Vector(rows: [sum.map { $0 / dt.squareRoot() }]),
          along: { x, _ in x.scaled(by: -1) })
      }
      return mean(zip(x.rows[0], exact).map { ($0 - $1) * ($0 - $1) }).squareRoot()
    }
    expectClose(fittedOrder(steps: steps, errors: errors), 1, absolute: 0.15, "\(errors)")
  }

  @Test(arguments: SDEMethod.allCases)
  func withoutDiffusionItIsTheODE(method: SDEMethod) throws {
    let flow = GaussianFlow(path: GVPPath(), deviation: 0.5)
    let grid = try TimeGrid(points: 9, over: 0...0.9)
    let solver = SDESolver(
      path: flow.path, prediction: .velocity, diffusion: try Diffusion(.constant, norm: 0),
      stepper: method.stepper, lastStep: .none)
    let end = solver.solve(
      from: Vector(1), over: grid, network: { flow.answer(.velocity, $0, at: $1) },
      noise: { _, _ in Vector(9) })
    let kind: SolverKind = method == .heun ? .heun2 : .euler
    let ode = try kind.solver().solve(from: Vector(1), over: grid) {
      flow.answer(.velocity, $0, at: $1)
    }
    expectClose(end.scalars, ode.scalars, absolute: 1e-15)
  }

  @Test(arguments: PathKind.allCases, Prediction.allCases)
  func lastStepsFollowTheirFormulas(kind: PathKind, prediction: Prediction) throws {
    let flow = GaussianFlow(path: kind.path, deviation: 0.5)
    let (t, h) = (0.9, 0.1)
    let g = try Diffusion(.sigma, norm: 0.7).coefficient(at: t, along: kind.path)
    let alpha = kind.path.alpha(t)
    let factors: [LastStep: Double] = [
      .none: 1,
      .euler: 1 + h * flow.rate(at: t),
      .mean: 1 + h * (flow.rate(at: t) - g / flow.variance(at: t)),
      // The posterior mean of Gaussian data: α s² / variance.
      .tweedie: alpha * 0.25 / flow.variance(at: t),
    ]
    for lastStep in LastStep.allCases {
      // A tiny stochastic step without noise, which leaves the state in place.
      let solver = SDESolver(
        path: kind.path, prediction: prediction, diffusion: try Diffusion(.sigma, norm: 0.7),
        lastStep: lastStep, lastStepSize: h)
      let end = solver.solve(
        from: Vector(2), over: try TimeGrid(times: [t - 1e-12, t]),
        network: { flow.answer(prediction, $0, at: $1) }, noise: { _, _ in Vector(0) })
      expectClose(end.rows[0][0], 2 * (factors[lastStep] ?? .nan), absolute: 1e-9, "\(lastStep)")
    }
  }

  @Test func lastStepMayBeToldAnotherTime() throws {
    var times: [Double] = []
    let solver = SDESolver(
      path: LinearPath(), prediction: .velocity, diffusion: try Diffusion(.sigma),
      lastStepTime: 0.96)
    _ = solver.solve(
      from: Vector(1), over: try TimeGrid(times: [0, 0.5, 0.8]),
      network: { x, t in
        times.append(t)
        return x
      }, noise: { x, _ in x })
    #expect(times == [0, 0.5, 0.96])
  }

  @Test func noiseIsAskedForByStep() throws {
    var indices: [Int] = []
    var seen: [SolverStep<Vector>] = []
    let solver = SDESolver(
      path: LinearPath(), prediction: .velocity, diffusion: try Diffusion(.linear))
    _ = solver.solve(
      from: Vector(1), over: try TimeGrid(points: 4, over: 0...0.96),
      network: { x, _ in x },
      noise: { x, index in
        indices.append(index)
        return x
      }, observer: { seen.append($0) })
    #expect(indices == [0, 1, 2])
    #expect(seen.map(\.index) == [1, 2, 3, 4])
    #expect(seen.allSatisfy { $0.count == 4 })
    expectClose(seen.map(\.time), [0.32, 0.64, 0.96, 1], absolute: 1e-15)
  }
}

import Foundation
import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct GaussianFlowTests {
  @Test(arguments: PathKind.allCases, Prediction.allCases)
  func odeScalesTheSample(kind: PathKind, prediction: Prediction) throws {
    let flow = GaussianFlow(path: kind.path, deviation: 0.5)
    let interval = try TimeIntervals(path: kind, prediction: prediction).ode
    let grid = try TimeGrid(points: 101, over: interval)
    let (first, last) = (interval.lowerBound, interval.upperBound)
    let expected = (flow.variance(at: last) / flow.variance(at: first)).squareRoot()
    for solver in [SolverKind.rk4, .dopri5] {
      let tolerance = ErrorTolerance(absolute: 1e-8, relative: 1e-8)
      let end = try solver.solver(tolerance: tolerance).solve(from: Vector(1), over: grid) { x, t in
        // The adaptive solver looks beyond the end, where VP has no σ.
        let inside = min(t, 0.9999)
        let output = flow.answer(prediction, x, at: inside)
        return prediction.convert(output, to: .velocity, x: x, t: inside, along: flow.path)
      }
      expectClose(end.rows[0][0], expected, absolute: 1e-4, "\(solver)")
    }
  }

  struct SDECase: Sendable, CustomTestStringConvertible {
    let kind: PathKind
    let form: DiffusionForm
    let method: SDEMethod
    var testDescription: String { "\(kind) \(form) \(method)" }
  }

  static let sdeCases = PathKind.allCases.flatMap { kind in
    DiffusionForm.allCases.flatMap { form in
      SDEMethod.allCases.map { SDECase(kind: kind, form: form, method: $0) }
    }
  }

  /// The state's elements are its weights on independent normal numbers, that of the start first
  /// and then one per step, so that the variance is exact: the sum of their squares.
  @Test(arguments: sdeCases)
  func everyDiffusionKeepsTheMarginals(setting: SDECase) throws {
    let flow = GaussianFlow(path: setting.kind.path, deviation: 0.5)
    let solver = SDESolver(
      path: flow.path, prediction: .velocity, diffusion: try Diffusion(setting.form, norm: 0.8),
      stepper: setting.method.stepper, lastStep: .none)
    // SBDM is stiff at the noise end of the linear and GVP paths: start inside.
    let grid = try TimeGrid(points: 401, over: (setting.form == .sbdm ? 0.15 : 0.05)...0.95)
    func unit(_ index: Int, _ scale: Double = 1) -> Vector {
      Vector(rows: [(0...grid.stepCount).map { $0 == index ? scale : 0 }])
    }
    for times in [grid, grid.reversed] {
      let end = solver.solve(
        from: unit(0, flow.variance(at: times.times[0]).squareRoot()), over: times,
        network: { flow.answer(.velocity, $0, at: $1) }, noise: { _, step in unit(step + 1) })
      let variance = end.rows[0].reduce(0) { $0 + $1 * $1 }
      expectClose(
        variance, flow.variance(at: times.times[grid.stepCount]), relativeToMax: 0.03)
    }
  }

  @Test func likelihoodIsTheDensity() throws {
    let flow = GaussianFlow(path: LinearPath(), deviation: 0.5)
    let data = Vector(rows: [[0.3, -0.2, 0.7], [0, 0.1, -0.9]])
    for solver in [SolverKind.rk4, .dopri5] {
      let tolerance = ErrorTolerance(absolute: 1e-8, relative: 1e-8)
      let end = try solver.solver(tolerance: tolerance).solve(
        from: LikelihoodState(position: data), over: try TimeGrid(points: 41).reversed
      ) { state, t in
        let rate = flow.rate(at: t)
        return LikelihoodState(
          position: state.position.scaled(by: rate),
          logDensityChange: data.rows.map { -rate * Double($0.count) })
      }
      let logDensity = zip(end.position.rows, end.logDensityChange).map { row, change in
        row.reduce(0) { $0 - $1 * $1 / 2 - log(2 * .pi) / 2 } - change
      }
      let expected = data.rows.map { row in
        row.reduce(0) { $0 - $1 * $1 / 0.5 - log(2 * .pi * 0.25) / 2 }
      }
      expectClose(logDensity, expected, absolute: 1e-5, "\(solver)")
    }
  }

  @Test func likelihoodCombinesLikeItsParts() {
    let a = LikelihoodState(position: Vector(rows: [[1], [2]]), logDensityChange: [3, 4])
    let b = LikelihoodState(position: Vector(rows: [[5], [6]]), logDensityChange: [7, 8])
    let sum = LikelihoodState.combination([(2, a), (-1, b)])
    #expect(sum.position == Vector(rows: [[-3], [-2]]))
    #expect(sum.logDensityChange == [-1, 0])
    let slow = a.scaled(by: [2.0, 2]) + b.scaled(by: [-1.0, -1])
    #expect(slow.position == sum.position)
    #expect(slow.logDensityChange == sum.logDensityChange)
  }
}

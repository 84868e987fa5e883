import Foundation
import MixFlowTestSupport
import MixFlowTransport
import Testing

/// The example of the module's page, and those of docs/EXTENDING.md about paths and solvers.
@Suite struct DocumentationExampleTests {
  @Test func runs() throws {
    let noise = DoubleBatch([0.5, -1, 2, 0.1], sampleCount: 2)
    let data = DoubleBatch([3, 3, 3, 3], sampleCount: 2)

    let timesteps = try MixFlowTimestepSampler(gamma: 0.8)
    var generator = SystemRandomNumberGenerator()
    let times = (0..<2).map { _ in timesteps.sample(using: &generator) }
    let example = Objective().example(x0: noise, x1: data, t: times.map(\.t), m: times.map(\.m))
    // Regress network(example.input, example.t) on example.target.

    let samples = try SolverKind.heun2.solver().solve(from: noise, over: TimeGrid(points: 11)) {
      x, t in example.target  // your network
    }
    expectClose(samples.values, data.values, absolute: 1e-12)
  }

  @Test func aPathOfOnesOwnTrains() {
    let (x0, x1) = (DoubleBatch([1, 2], sampleCount: 2), DoubleBatch([3, 4], sampleCount: 2))
    let path = QuadraticPath()
    let example = Objective(path: path).example(x0: x0, x1: x1, t: [0.5, 0.8], m: [0.4, 0.7])
    expectClose(example.input.values, [0.16 * 3 + 0.6, 0.49 * 4 + 0.3 * 2], absolute: 1e-12)
    expectClose(example.target.values, [3 - 1, 1.6 * 4 - 2], absolute: 1e-12)
    let slope = (path.alpha(0.5 + 1e-6) - path.alpha(0.5 - 1e-6)) / 2e-6
    expectClose(path.alphaDerivative(0.5), slope, absolute: 1e-8)
  }

  @Test func aSolverOfOnesOwnHasItsOrder() throws {
    func error(steps: Int) throws -> Double {
      let x = try FixedGridSolver<Ralston>().solve(
        from: DoubleBatch([1], sampleCount: 1), over: TimeGrid(points: steps + 1)
      ) { x, t in x.scaled(by: -1) }
      return abs(x.values[0] - 1 / 2.718281828459045)
    }
    let order = log2(try error(steps: 32) / error(steps: 64))
    #expect(abs(order - Double(Ralston.order)) < 0.1)
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowTransport/Documentation.docc/MixFlowTransport.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

/// `α_t = t²`, `σ_t = 1 − t`: data come late.
struct QuadraticPath: AffinePath {
  func alpha(_ t: Double) -> Double { t * t }
  func sigma(_ t: Double) -> Double { 1 - t }
  func alphaDerivative(_ t: Double) -> Double { 2 * t }
  func sigmaDerivative(_ t: Double) -> Double { -1 }
}

/// Ralston's method: two evaluations, order 2.
struct Ralston: ODEStepper {
  static let order = 2
  static let evaluations = 2

  func step<State: FlowState>(
    _ x: State, from t: Double, by dt: Double, along velocity: (State, Double) throws -> State
  ) rethrows -> State {
    let first = try velocity(x, t)
    let second = try velocity(.combination([(1, x), (dt * 2 / 3, first)]), t + dt * 2 / 3)
    return .combination([(1, x), (dt / 4, first), (dt * 3 / 4, second)])
  }
}

import Foundation
import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct Dopri5Tests {
  @Test(arguments: [false, true])
  func isAccurateAtAllGridTimes(backwards: Bool) throws {
    let grid = try TimeGrid(points: 41, over: 0...2)
    let times = backwards ? grid.reversed : grid
    let solver = Dopri5(tolerance: ErrorTolerance(absolute: 1e-10, relative: 1e-10))
    func solution(_ t: Double) -> [Double] { [exp(sin(3 * t) / 3), exp(-t)] }
    let states = try solver.trajectory(
      from: Vector(rows: [solution(times.times[0])]), over: times
    ) { x, t in Vector(x.rows[0][0] * cos(3 * t), -x.rows[0][1]) }
    #expect(states.count == 41)
    for (state, t) in zip(states, times.times) {
      expectClose(state.scalars, solution(t), absolute: 2e-8, "t = \(t)")
    }
  }

  @Test(arguments: [1e-4, 1e-6, 1e-8])
  func errorFollowsTheTolerance(relative: Double) throws {
    let solver = Dopri5(tolerance: ErrorTolerance(absolute: relative, relative: relative))
    let end = try solver.solve(from: Vector(1), over: try TimeGrid(points: 2)) { x, t in
      x.scaled(by: cos(3 * t))
    }
    expectClose(end.rows[0][0], exp(sin(3.0) / 3), absolute: 10 * relative)
  }

  @Test func oneStepHasTheOrdersOfThePair() {
    let sizes = [4, 8, 16, 32]
    func slope(_ x: Vector, _ t: Double) -> Vector { Vector(exp(t) - x.rows[0][0]) }
    func solution(_ t: Double) -> Double { cosh(t) }
    var ends: [Double] = []
    var middles: [Double] = []
    var estimates: [Double] = []
    for size in sizes {
      let dt = 1 / Double(size)
      let start = Vector(solution(0.2))
      let step = Dopri5Step(
        from: start, slope: slope(start, 0.2), at: 0.2, by: dt, along: slope)
      ends.append(abs(step.after.rows[0][0] - solution(0.2 + dt)))
      middles.append(abs(step.state(at: 0.2 + 0.3 * dt).rows[0][0] - solution(0.2 + 0.3 * dt)))
      estimates.append(abs(step.error.rows[0][0]))
    }
    // One step's error falls one power faster than the order.
    expectClose(fittedOrder(steps: sizes, errors: ends), 6, absolute: 0.2)
    expectClose(fittedOrder(steps: sizes, errors: middles), 5, absolute: 0.25)
    expectClose(fittedOrder(steps: sizes, errors: estimates), 5, absolute: 0.2)
  }

  @Test func curveMeetsBothEnds() {
    let start = Vector(1, -2)
    let step = Dopri5Step(from: start, slope: start, at: 0, by: 0.1, along: { x, _ in x })
    expectClose(step.state(at: 0).scalars, step.before.scalars, absolute: 1e-15)
    expectClose(step.state(at: step.end).scalars, step.after.scalars, absolute: 1e-14)
  }

  @Test func runsPastTheEndAndCountsItsCalls() throws {
    var times: [Double] = []
    _ = try Dopri5().solve(from: Vector(1), over: try TimeGrid(points: 2)) { x, t in
      times.append(t)
      return x.scaled(by: -0.1)
    }
    #expect(times.max() ?? 0 > 1)
    #expect((times.count - 2).isMultiple(of: Dopri5.evaluations))
  }

  @Test func staysWhereNothingMoves() throws {
    let end = try Dopri5().solve(from: Vector(0, 1), over: try TimeGrid(points: 3)) { x, _ in
      x.scaled(by: 0)
    }
    expectClose(end.scalars, [0, 1], absolute: 1e-14)
  }

  @Test func reportsAFieldThatIsNotFinite() throws {
    let error = #expect(throws: TransportError.self) {
      try Dopri5().solve(from: Vector(1), over: try TimeGrid(points: 2)) { x, t in
        x.scaled(by: t > 0.5 ? .nan : 1)
      }
    }
    guard case .stepFailed(let time, _) = error else {
      Issue.record("not a failed step: \(String(describing: error))")
      return
    }
    #expect(time >= 0 && time <= 0.5)
  }

  @Test func givesUpAfterItsLimit() throws {
    let solver = Dopri5(
      tolerance: ErrorTolerance(absolute: 1e-9, relative: 1e-9), maximumSteps: 3)
    #expect(throws: TransportError.self) {
      try solver.solve(from: Vector(1), over: try TimeGrid(points: 2)) { x, t in
        x.scaled(by: cos(30 * t))
      }
    }
  }
}

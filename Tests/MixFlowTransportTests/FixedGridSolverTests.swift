import Foundation
import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct FixedGridSolverTests {
  /// A field with its solution for `x(0) = 1`; the last two depend on the time.
  struct Problem: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let slope: @Sendable (_ x: Double, _ t: Double) -> Double
    let solution: @Sendable (_ t: Double) -> Double
  }

  static let problems = [
    Problem(testDescription: "decay", slope: { x, _ in -x }, solution: { exp(-$0) }),
    Problem(
      testDescription: "-2tx²", slope: { x, t in -2 * t * x * x }, solution: { 1 / (1 + $0 * $0) }),
    Problem(testDescription: "e^t - x", slope: { x, t in exp(t) - x }, solution: { cosh($0) }),
  ]

  static let fixedKinds = SolverKind.allCases.filter { !$0.isAdaptive }

  private func error(_ kind: SolverKind, _ problem: Problem, steps: Int, backwards: Bool) throws
    -> Double
  {
    let grid = try TimeGrid(points: steps + 1)
    let times = backwards ? grid.reversed : grid
    let first = problem.solution(times.times[0])
    let last = problem.solution(times.times[steps])
    let end = try kind.solver().solve(from: Vector(first), over: times) { x, t in
      Vector(problem.slope(x.rows[0][0], t))
    }
    return abs(end.rows[0][0] - last)
  }

  @Test(arguments: fixedKinds, problems)
  func hasTheOrderItDeclares(kind: SolverKind, problem: Problem) throws {
    let steps = [16, 32, 64, 128]
    for backwards in [false, true] {
      let errors = try steps.map {
        try error(kind, problem, steps: $0, backwards: backwards)
      }
      let order = fittedOrder(steps: steps, errors: errors)
      expectClose(order, Double(kind.order), absolute: 0.15, "\(errors)")
    }
  }

  @Test(arguments: fixedKinds)
  func callsTheFieldAsOftenAsItDeclares(kind: SolverKind) throws {
    var calls = 0
    _ = try kind.solver().solve(from: Vector(1), over: try TimeGrid(points: 6)) { x, _ in
      calls += 1
      return x
    }
    #expect(calls == 5 * kind.evaluationsPerStep)
  }

  @Test func eulerCallsTheFieldAtTheGrid() throws {
    var times: [Double] = []
    let grid = try TimeGrid(points: 8)
    _ = FixedGridSolver<Euler>().solve(
      from: Vector(1), over: grid,
      along: { x, t in
        times.append(t)
        return x
      })
    #expect(times == Array(grid.times.dropLast()))
  }

  @Test func trajectoryHoldsEveryGridPoint() throws {
    let grid = try TimeGrid(points: 5)
    let states = try SolverKind.rk4.solver().trajectory(from: Vector(0), over: grid) { _, _ in
      Vector(2)
    }
    expectClose(states.flatMap(\.scalars), grid.times.map { 2 * $0 }, absolute: 1e-15)
  }

  @Test(arguments: SolverKind.allCases)
  func observerSeesEveryGridTimeAndMayCancel(kind: SolverKind) throws {
    let grid = try TimeGrid(points: 5)
    var seen: [Double] = []
    _ = try kind.solver().solve(
      from: Vector(1), over: grid, along: { x, _ in x.scaled(by: -1) },
      observer: {
        #expect($0.count == 4)
        #expect($0.index == seen.count + 1)
        seen.append($0.time)
      })
    #expect(seen == Array(grid.times.dropFirst()))

    #expect(throws: CancellationError.self) {
      try kind.solver().solve(
        from: Vector(1), over: grid, along: { x, _ in x },
        observer: { if $0.index == 2 { throw CancellationError() } })
    }
  }
}

@Suite struct TimeGridTests {
  @Test func pointsAreNotSteps() throws {
    let grid = try TimeGrid(points: 5, over: 0.25...0.75)
    #expect(grid.times == [0.25, 0.375, 0.5, 0.625, 0.75])
    #expect(grid.stepCount == 4)
    #expect(grid.isIncreasing)
    #expect(grid.reversed.times == grid.times.reversed())
    #expect(!grid.reversed.isIncreasing)
    let shifted = try grid.shifted(by: TimeShift(factor: 3))
    #expect(shifted.times[2] == 0.25)
  }

  @Test(arguments: [
    (1, "num_steps is 1; it must be at least 2 grid points"),
    (-3, "num_steps is -3; it must be at least 2 grid points"),
    (1_000_001, "num_steps is 1000001; it must be at most 1000000 grid points"),
    (Int.max, "num_steps is 9223372036854775807; it must be at most 1000000 grid points"),
  ])
  func refusesNumbersOfPoints(points: Int, message: String) throws {
    let error = #expect(throws: TransportError.self) { try TimeGrid(points: points) }
    #expect(error?.description == message)
  }

  @Test func refusesWhatIsNoGrid() {
    #expect(throws: TransportError.self) { try TimeGrid(points: 1) }
    #expect(throws: TransportError.self) { try TimeGrid(points: 3, over: 1...1) }
    for times in [[], [0], [0, 0], [0, 1, 0.5], [0, .nan], [0, .infinity]] as [[Double]] {
      #expect(throws: TransportError.self) { try TimeGrid(times: times) }
    }
  }
}

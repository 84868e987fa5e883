/// One step of the pair of Dormand and Prince (1980), with the error and the curve inside the step.
package struct Dopri5Step<State: FlowState> {
  /// The times before and after the step.
  package let start: Double
  package let end: Double
  /// The states before and after the step.
  package let before: State
  package let after: State
  /// The seven slopes; the last is the first of the next step.
  package let slopes: [State]

  /// Takes one step from `before`, whose slope is known, in six evaluations of `field`.
  package init(
    from before: State, slope: State, at start: Double, by size: Double,
    along field: (State, Double) throws -> State
  ) rethrows {
    let end = start + size
    var slopes = [slope]
    var stage = before
    for (node, weights) in zip(Dopri5Tableau.nodes, Dopri5Tableau.stages) {
      stage = Self.sum(before, size, weights, slopes)
      // Like torchdiffeq, look just before the end, so as not to see a jump that lies there.
      slopes.append(try field(stage, node == 1 ? end.nextDown : start + node * size))
    }
    self.start = start
    self.end = end
    self.before = before
    self.after = stage
    self.slopes = slopes
  }

  /// The difference between the solutions of order 5 and of order 4.
  package var error: State {
    .combination(Self.terms(end - start, Dopri5Tableau.error, slopes))
  }

  /// Returns the state at a time inside the step: the quartic through both ends, with their slopes,
  /// and the middle.
  package func state(at time: Double) -> State {
    let size = end - start
    let x = (time - start) / size
    let x2 = x * x
    let x3 = x2 * x
    let x4 = x3 * x
    let middle = 16 * x2 - 32 * x3 + 16 * x4
    var weights = Dopri5Tableau.middle.map { $0 * middle }
    weights[0] += x - 4 * x2 + 5 * x3 - 2 * x4
    weights[6] += x2 - 3 * x3 + 2 * x4
    let ends = [
      (1 - 11 * x2 + 18 * x3 - 8 * x4 + middle, before), (-5 * x2 + 14 * x3 - 8 * x4, after),
    ]
    return .combination(ends + Self.terms(size, weights, slopes))
  }

  private static func sum(
    _ x: State, _ size: Double, _ weights: [Double], _ slopes: [State]
  ) -> State {
    .combination([(1, x)] + terms(size, weights, slopes))
  }

  private static func terms(
    _ size: Double, _ weights: [Double], _ slopes: [State]
  ) -> [(Double, State)] {
    zip(weights, slopes).filter { $0.0 != 0 }.map { (size * $0, $1) }
  }
}

/// The numbers of the method, as in torchdiffeq 0.2.5.
private enum Dopri5Tableau {
  static let nodes: [Double] = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]

  /// The weights of the stages; those of the last are the solution of order 5.
  static let stages: [[Double]] = [
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  ]

  static let error: [Double] = [
    35 / 384 - 1951 / 21600, 0, 500 / 1113 - 22642 / 50085, 125 / 192 - 451 / 720,
    -2187 / 6784 + 12231 / 42400, 11 / 84 - 649 / 6300, -1 / 60,
  ]

  /// The weights of the state in the middle of the step (Shampine, 1986).
  static let middle: [Double] = [
    6_025_192_743 / 30_085_553_152 / 2, 0, 51_252_292_925 / 65_400_821_598 / 2,
    -2_691_868_925 / 45_128_329_728 / 2, 187_940_372_067 / 1_594_534_317_056 / 2,
    -1_776_094_331 / 19_743_644_256 / 2, 11_237_099 / 235_043_384 / 2,
  ]
}

extension GaussianDiffusion {
  /// How to go back along the chain.
  public enum Method: Hashable, Sendable {
    /// One draw from the learned distribution of each step (Ho et al., 2020).
    case ancestral
    /// Song et al. (2021): at `eta` 0 without noise, at 1 with that of the chain.
    case ddim(eta: Double)
  }

  /// Moves noise to samples, from the last step to the first.
  ///
  /// - Parameters:
  ///   - x: The noise.
  ///   - method: How to go back.
  ///   - network: The network's output for a state and its ``trainingSteps``: for each sample all of
  ///     the noise, then all of the places of the log-variance. Guidance is its matter.
  ///   - noise: Standard normal numbers of the shape of the state, for step `0, 1, …` in the order
  ///     of sampling; not asked for where none are added.
  ///   - observer: Called after every step; it cancels by throwing.
  /// - Returns: The state after the first step of the chain.
  /// - Throws: What the closures throw.
  public func sample(
    from x: DoubleBatch, by method: Method = .ancestral,
    network: (DoubleBatch, Int) throws -> DoubleBatch,
    noise: (DoubleBatch, Int) throws -> DoubleBatch,
    observer: (SolverStep<DoubleBatch>) throws -> Void = { _ in }
  ) throws -> DoubleBatch {
    var x = x
    for (index, t) in (0..<stepCount).reversed().enumerated() {
      let output = try network(x, trainingSteps[t])
      let deviations: [Double]
      let mean: DoubleBatch
      switch method {
      case .ancestral:
        let step = stepBack(from: x, output: output, t: t)
        (mean, deviations) = (step.mean, step.logVariance.map { exp(0.5 * $0) })
      case .ddim(let eta):
        let step = implicitStep(from: x, output: output, t: t, eta: eta)
        mean = step.mean
        deviations =
          step.deviation == 0 ? [] : Array(repeating: step.deviation, count: mean.values.count)
      }
      if t > 0 && !deviations.isEmpty {
        let z = try noise(x, index).values
        x = DoubleBatch(
          mean.values.indices.map { mean.values[$0] + deviations[$0] * z[$0] },
          sampleCount: mean.sampleCount)
      } else {
        x = mean
      }
      try observer(SolverStep(index: index + 1, count: stepCount, time: Double(t), state: x))
    }
    return x
  }

  /// The learned distribution of a step back: its mean, and its log-variance element by element.
  func stepBack(
    from x: DoubleBatch, output: DoubleBatch, t: Int
  ) -> (mean: DoubleBatch, logVariance: [Double]) {
    let (noise, places) = halves(of: output, for: x)
    let (least, greatest) = logVariances(t)
    return (
      mean(x: x, noise: noise, t: Array(repeating: t, count: x.sampleCount)),
      places.values.map { least + ($0 + 1) / 2 * (greatest - least) }
    )
  }

  /// The mean of a step back for a prediction of the noise, every sample at its own step.
  func mean(x: DoubleBatch, noise: DoubleBatch, t: [Int]) -> DoubleBatch {
    let weights = t.map { (data: dataWeights($0), mean: posteriorMean($0)) }
    return .combination([
      (weights.map { $0.mean.data * $0.data.state + $0.mean.state }, x),
      (weights.map { $0.mean.data * $0.data.noise }, noise),
    ])
  }

  /// The mean and the deviation of a step of DDIM (Song et al., 2021, equation 12).
  private func implicitStep(
    from x: DoubleBatch, output: DoubleBatch, t: Int, eta: Double
  ) -> (mean: DoubleBatch, deviation: Double) {
    let (level, previous) = (signalLevels[t], previousLevel(t))
    let deviation =
      eta * ((1 - previous) / (1 - level)).squareRoot() * (1 - level / previous).squareRoot()
    let data = dataWeights(t)
    let direction = max(1 - previous - deviation * deviation, 0).squareRoot()
    let mean = DoubleBatch.combination([
      (previous.squareRoot() * data.state, x),
      (previous.squareRoot() * data.noise + direction, halves(of: output, for: x).noise),
    ])
    return (mean, deviation)
  }

  /// Takes an output apart: the noise, and the places of the log-variance.
  func halves(
    of output: DoubleBatch, for x: DoubleBatch
  ) -> (noise: DoubleBatch, places: DoubleBatch) {
    let size = x.sampleSize
    precondition(
      output.sampleCount == x.sampleCount && output.sampleSize == 2 * size,
      "An output of \(output.sampleSize) numbers for a state of \(size).")
    func half(_ start: Int) -> DoubleBatch {
      var values: [Double] = []
      values.reserveCapacity(x.values.count)
      for sample in 0..<x.sampleCount {
        let first = 2 * size * sample + start
        values += output.values[first..<first + size]
      }
      return DoubleBatch(values, sampleCount: x.sampleCount)
    }
    return (half(0), half(size))
  }
}

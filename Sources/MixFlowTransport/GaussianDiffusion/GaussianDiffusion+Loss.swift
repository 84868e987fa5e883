/// The losses of a diffusion network's output, and their derivatives.
public struct DiffusionLosses: Sendable {
  /// The mean squared error of the noise, `[B]`.
  public let squaredErrors: [Double]
  /// The variational bound in bits per dimension, which trains the variances alone, `[B]`.
  public let bounds: [Double]
  /// The derivative of the sum of both by each sample's output, of its shape.
  public let gradient: DoubleBatch

  /// The loss of each sample, `[B]`.
  public var totals: [Double] { zip(squaredErrors, bounds).map(+) }
}

extension GaussianDiffusion {
  /// Measures an output: `mean((ε − noise)²)` and the bound of a learned variance
  /// (Nichol and Dhariwal, 2021, `L_hybrid` as DiT trains it).
  ///
  /// The bound takes the predicted noise for a constant, so its derivative is by the places of the
  /// log-variance alone.
  ///
  /// - Parameters:
  ///   - output: For each sample the predicted noise, then the places of the log-variance.
  ///   - data: The data.
  ///   - noise: The noise that was mixed in.
  ///   - t: A step for each sample, `[B]`.
  /// - Returns: Losses and derivatives.
  public func losses(
    output: DoubleBatch, data: DoubleBatch, noise: DoubleBatch, t: [Int]
  ) -> DiffusionLosses {
    let xt = noised(data, with: noise, t: t)
    let (predicted, places) = halves(of: output, for: data)
    let means = mean(x: xt, noise: predicted, t: t)
    let posterior = t.map(posteriorMean)
    let trueMeans = DoubleBatch.combination([
      (posterior.map(\.data), data), (posterior.map(\.state), xt),
    ])
    let size = data.sampleSize
    var (squaredErrors, bounds) = ([Double](), [Double]())
    var gradient = [Double](repeating: 0, count: output.values.count)
    for (sample, step) in t.enumerated() {
      let (least, greatest) = logVariances(step)
      var (squares, bits) = (0.0, 0.0)
      for element in 0..<size {
        let index = sample * size + element
        let target = 2 * sample * size + element
        let error = predicted.values[index] - noise.values[index]
        squares += error * error
        gradient[target] = 2 * error / Double(size)

        let logVariance = least + (places.values[index] + 1) / 2 * (greatest - least)
        let term =
          step == 0
          ? NormalBin.negativeLogLikelihood(
            of: data.values[index], mean: means.values[index], logVariance: logVariance)
          : divergence(
            difference: trueMeans.values[index] - means.values[index], trueLogVariance: least,
            logVariance: logVariance)
        bits += term.value
        gradient[target + size] =
          term.slope * (greatest - least) / 2 / (Double(size) * log(2))
      }
      squaredErrors.append(squares / Double(size))
      bounds.append(bits / (Double(size) * log(2)))
    }
    return DiffusionLosses(
      squaredErrors: squaredErrors, bounds: bounds,
      gradient: DoubleBatch(gradient, sampleCount: output.sampleCount))
  }

  /// The Kullback–Leibler divergence of two normal distributions, and its derivative by the second
  /// log-variance.
  private func divergence(
    difference: Double, trueLogVariance: Double, logVariance: Double
  ) -> (value: Double, slope: Double) {
    let ratio = exp(trueLogVariance - logVariance) + difference * difference * exp(-logVariance)
    return (0.5 * (logVariance - trueLogVariance - 1 + ratio), 0.5 * (1 - ratio))
  }
}

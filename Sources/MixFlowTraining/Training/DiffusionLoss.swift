import MixFlowTensor
import MixFlowTransport

extension GaussianDiffusion {
  /// Measures a network's output on the tape: the squared error of the noise plus the bound of the
  /// learned variance, as DiT trains.
  ///
  /// - Parameters:
  ///   - output: `[B, 2 C, H, W]`: the noise, then the places of the log-variance.
  ///   - data: The data, `[B, C, H, W]`.
  ///   - noise: The noise that was mixed in, of the same shape.
  ///   - t: A step for each sample, `[B]`.
  /// - Returns: The loss of each sample, `[B]`.
  public func loss(_ output: Variable, data: Tensor, noise: Tensor, t: [Int]) -> Variable {
    let losses = losses(
      output: DoubleBatch(output.value), data: DoubleBatch(data), noise: DoubleBatch(noise), t: t)
    let gradient = losses.gradient.tensor(sampleShape: Array(output.shape.dropFirst()))
    return output.derive(Tensor(losses.totals.map(Float.init), shape: [t.count])) { dy in
      .combination(of: [(dy.array, gradient)])
    }
  }
}

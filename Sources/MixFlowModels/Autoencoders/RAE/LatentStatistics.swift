import MixFlowTensor

/// The mean and variance that latents are normalised by, element by element (RAE's `stat.pt`).
public struct LatentStatistics: Sendable {
  /// The means, `[C, h, w]`.
  public let mean: Tensor
  /// The biased variances, `[C, h, w]`.
  public let variance: Tensor

  /// Added to the variance.
  private static let eps: Float = 1e-5

  /// Creates statistics from at least one of mean and variance.
  ///
  /// - Parameters:
  ///   - mean: `[C, h, w]`, or nil for zeros.
  ///   - variance: The same shape, or nil for ones.
  /// - Throws: ``ModelConfigurationError`` where both are missing, the shapes differ or there are
  ///   not three dimensions.
  public init(mean: Tensor?, variance: Tensor?) throws(ModelConfigurationError) {
    guard let shape = mean?.shape ?? variance?.shape else {
      throw ModelConfigurationError(
        key: "statistics", problem: "have neither 'mean' nor 'var'; name a file that has")
    }
    guard shape.count == 3, (variance?.shape ?? shape) == shape else {
      throw ModelConfigurationError(
        key: "statistics",
        problem: "have mean \(shape) and var \(variance?.shape ?? shape), expected [C, h, w] twice")
    }
    self.mean = mean ?? Tensor(zeros: shape)
    self.variance = variance ?? Tensor(repeating: 1, shape: shape)
  }

  /// Returns `(z - mean) / √(var + 1e-5)` for latents `[B, C, h, w]`.
  public func normalized(_ latents: Tensor) -> Tensor {
    map(latents) { ($0 - $1) / ($2 + Self.eps).squareRoot() }
  }

  /// Returns `z √(var + 1e-5) + mean` for latents `[B, C, h, w]`.
  public func denormalized(_ latents: Tensor) -> Tensor {
    map(latents) { $0 * ($2 + Self.eps).squareRoot() + $1 }
  }

  private func map(_ latents: Tensor, _ function: (Float, Float, Float) -> Float) -> Tensor {
    precondition(
      latents.shape.dropFirst() == mean.shape[...],
      "latents \(latents.shape) with statistics \(mean.shape)")
    return Tensor(shape: latents.shape) { out in
      latents.withUnsafeBufferPointer { latents in
        mean.withUnsafeBufferPointer { mean in
          variance.withUnsafeBufferPointer { variance in
            for index in out.indices {
              let place = index % mean.count
              out[index] = function(latents[index], mean[place], variance[place])
            }
          }
        }
      }
    }
  }
}

import MixFlowTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The normal distributions that an encoder gives for the latents of pictures (Kingma and Welling,
/// 2014; diffusers' `DiagonalGaussianDistribution`).
public struct LatentMoments: Sendable {
  /// The means, `[B, C, h, w]`.
  public let mean: Tensor
  /// The logarithms of the variances, `[B, C, h, w]`, kept within -30 and 20.
  public let logVariance: Tensor

  /// Takes means and log variances from the channels of `moments`, `[B, 2 C, h, w]`, means first.
  public init(_ moments: Tensor) {
    precondition(
      moments.shape.count == 4 && moments.shape[1] % 2 == 0, "moments \(moments.shape)")
    let half = moments.shape.dropFirst().reduce(1, *) / 2
    let shape = [moments.shape[0], moments.shape[1] / 2] + moments.shape[2...]
    func part(_ start: Int, _ function: (Float) -> Float) -> Tensor {
      Tensor(shape: shape) { part in
        moments.withUnsafeBufferPointer { moments in
          for index in part.indices {
            part[index] = function(moments[index / half * 2 * half + start + index % half])
          }
        }
      }
    }
    mean = part(0) { $0 }
    // In this order a value that is not a number stays one.
    logVariance = part(half) { $0 > 20 ? 20 : $0 < -30 ? -30 : $0 }
  }

  /// The standard deviations, `[B, C, h, w]`.
  public var deviation: Tensor {
    Tensor(logVariance.array.map { exp(0.5 * $0) }, shape: logVariance.shape)
  }

  /// Returns `mean + deviation · noise`.
  ///
  /// - Parameter noise: Standard normal numbers, `[B, C, h, w]`.
  /// - Returns: The latents, `[B, C, h, w]`.
  public func sample(noise: Tensor) -> Tensor { mean + deviation * noise }
}

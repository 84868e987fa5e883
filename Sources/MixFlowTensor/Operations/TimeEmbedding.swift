#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Returns the sinusoidal embedding of times, cosines first (SiT's and DiT's `TimestepEmbedder`).
///
/// `e = [cos(t f), sin(t f)]` with `f_i = maxPeriod^(-i / half)`; an odd width ends with a zero.
///
/// - Parameters:
///   - times: `[B]`; used as they are, without a factor.
///   - width: The size of an embedding.
///   - maxPeriod: The longest period.
/// - Returns: `[B, width]`.
public func sinusoidalEmbedding(_ times: [Float], width: Int, maxPeriod: Float = 10_000) -> Tensor {
  profiled(.embedding) {
    let half = width / 2
    let frequencies = (0..<half).map { exp(-log(maxPeriod) * Float($0) / Float(half)) }
    var values: [Float] = []
    values.reserveCapacity(times.count * width)
    for t in times {
      values += frequencies.map { cos(t * $0) }
      values += frequencies.map { sin(t * $0) }
      if width % 2 == 1 { values.append(0) }
    }
    return Tensor(values, shape: [times.count, width])
  }
}

/// Returns the Gaussian Fourier embedding of times, sines first (RAE's `GaussianFourierEmbedding`).
///
/// `e = [sin(2π t W), cos(2π t W)]`.
///
/// - Parameters:
///   - times: `[B]`.
///   - frequencies: `[F]`, the drawn `W`.
/// - Returns: `[B, 2 F]`.
public func fourierEmbedding(_ times: [Float], frequencies: Variable) -> Variable {
  let width = frequencies.value.count
  precondition(frequencies.shape == [width], "frequencies \(frequencies.shape)")
  let weights = frequencies.value.array
  // Rounded to the nearest, as Python does; `Float.pi` is rounded toward zero.
  let circle = Float(2 * Double.pi)
  var values: [Float] = []
  values.reserveCapacity(2 * times.count * width)
  for t in times {
    // Rounded in the order of the original, which is what counts where angles are large.
    let angles = weights.map { t * $0 * circle }
    values += angles.map { sin($0) }
    values += angles.map { cos($0) }
  }
  let y = Tensor(values, shape: [times.count, 2 * width])
  return frequencies.derive(y) { dy in
    dy.withUnsafeBufferPointer { dy in
      y.withUnsafeBufferPointer { y in
        let slopes = (0..<width).map { index in
          times.indices.reduce(Float(0)) { sum, sample in
            let sine = sample * 2 * width + index
            let cosine = sine + width
            let slope = dy[sine] * y[cosine] - dy[cosine] * y[sine]
            return sum + circle * times[sample] * slope
          }
        }
        return Tensor(slopes, shape: [width])
      }
    }
  }
}

import CKernels

/// Returns each sample's misalignment of tokens with features: the mean over tokens of
/// `−⟨z / ‖z‖, f / ‖f‖⟩` (Yu et al., 2025; REPA's `proj_loss`).
///
/// - Parameters:
///   - projection: `[B, T, D]`.
///   - target: Features of the same shape, a constant.
///   - weights: `[B]`, or nil for ones.
/// - Returns: `[B]`, from −1 for perfect alignment to 1.
public func alignmentLoss(
  _ projection: Variable, target: Tensor, weights: [Float]? = nil
) -> Variable {
  precondition(
    projection.shape == target.shape && target.shape.count == 3,
    "projection \(projection.shape), target \(target.shape)")
  let (samples, tokens) = (target.shape[0], target.shape[1])
  let weights = weights ?? Array(repeating: 1, count: samples)
  precondition(weights.count == samples, "\(weights.count) weights for \(samples) samples")
  let slopes = weights.map { -$0 / Float(tokens) }
  let directions = l2Normalize(Variable(constant: target)).value
  let z = l2Normalize(projection)
  let size = tokens * target.shape[2]
  let losses = profiled(.reduction, bytes: 2 * target.byteCount) {
    withInputs(z.value, directions) { z, f in
      (0..<samples).map { sample in
        let start = sample * size
        return slopes[sample] * Float(mixflow_dot(z.pointer + start, f.pointer + start, size))
      }
    }
  }
  return z.derive(Tensor(losses, shape: [samples])) { dy in
    // The product is linear in z; the pullback of the normalisation takes it from here.
    .combination(of: [(zip(dy.array, slopes).map { $0 * $1 }, directions)])
  }
}

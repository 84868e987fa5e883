import MixFlowTensor

/// Returns the L2 norm over the gradients of all parameters.
public func gradientNorm(_ parameters: [Parameter]) -> Double {
  parameters.reduce(0) { $0 + ($1.gradient?.squaredNorm() ?? 0) }.squareRoot()
}

/// Returns the factor that brings gradients of a given norm to at most `limit`, as PyTorch's
/// `clip_grad_norm_` computes it.
///
/// - Parameters:
///   - norm: The norm of all gradients.
///   - limit: The largest norm allowed, or nil for no limit.
/// - Returns: `min(1, limit / (norm + 1e-6))`.
public func clippingFactor(norm: Double, limit: Double?) -> Double {
  guard let limit else { return 1 }
  return min(1, limit / (norm + 1e-6))
}

import MixFlowTensor
import MixFlowTransport

/// Batches `[B, ...]` are what the paths and solvers move.
extension Tensor: FlowState {
  /// The number of samples in the batch.
  public var sampleCount: Int { shape.first ?? 1 }

  /// Every element in double.
  public var scalars: [Double] { withUnsafeBufferPointer { $0.map(Double.init) } }

  /// Returns the batch with each sample multiplied by a factor of its own.
  public func scaled(by factors: [Double]) -> Tensor {
    .combination(of: [(factors.map(Float.init), self)])
  }

  /// Returns the batch multiplied by one factor.
  public func scaled(by factor: Double) -> Tensor { Float(factor) * self }

  /// Returns `Σ wᵢ xᵢ` in one pass.
  public static func combination(_ terms: [(Double, Tensor)]) -> Tensor {
    .combination(of: terms.map { (Float($0.0), $0.1) })
  }

  /// Returns `Σ wᵢ xᵢ` with weights of its own for each sample, in one pass.
  public static func combination(_ terms: [([Double], Tensor)]) -> Tensor {
    .combination(of: terms.map { ($0.0.map(Float.init), $0.1) })
  }
}

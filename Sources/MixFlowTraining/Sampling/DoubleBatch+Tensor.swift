import MixFlowTensor
import MixFlowTransport

extension DoubleBatch {
  /// Widens a tensor `[B, ...]`.
  public init(_ tensor: Tensor) {
    self.init(tensor.scalars, sampleCount: tensor.sampleCount)
  }

  /// Returns the batch rounded to float32, as networks see it.
  ///
  /// - Parameter sampleShape: The shape of one sample.
  /// - Returns: `[B] + sampleShape`.
  public func tensor(sampleShape: [Int]) -> Tensor {
    Tensor(shape: [sampleCount] + sampleShape) { buffer in
      _ = buffer.initialize(from: values.lazy.map(Float.init))
    }
  }
}

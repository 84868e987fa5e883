import MixFlowCheckpoint
import MixFlowTensor

/// Features that an encoder made before, in a file that is read in place.
public struct StoredFeatures: Sendable {
  /// The encoder.
  public let origin: EncoderOrigin
  /// The features of a picture, `[T, D]`.
  public let shape: [Int]
  /// The versions of a picture: itself, and its mirror image where there are two.
  private let versions: Int
  private let tensor: MappedTensor

  /// Describes features in a file.
  ///
  /// - Parameters:
  ///   - tensor: `[count, 1 or 2, T, D]`.
  ///   - origin: The encoder.
  init(_ tensor: MappedTensor, origin: EncoderOrigin) {
    precondition(tensor.info.shape.count == 4, "features \(tensor.info.shape)")
    self.origin = origin
    self.tensor = tensor
    versions = tensor.info.shape[1]
    shape = Array(tensor.info.shape[2...])
  }

  /// Reads the features of a picture, `[1, T, D]`.
  func features(at index: Int, flipped: Bool) throws(CheckpointError) -> Tensor {
    let versions = try tensor.parts(index..<index + 1)
    let version = self.versions == 1 ? 0 : (flipped ? 1 : 0)
    return versions.reshaped([self.versions] + shape).samples(version..<version + 1)
  }
}

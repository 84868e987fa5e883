import MixFlowImage
import MixFlowModels
import MixFlowTensor

/// Makes the features that a file of latents holds beside them.
public struct FeatureMaker {
  private let checkpoint: EncoderCheckpoint
  private let grid: Int?

  /// What a file says of its features, in its metadata.
  struct Description: Codable, Equatable, Sendable {
    /// The encoder.
    var encoder: EncoderOrigin
    /// The features of a picture, `[T, D]`.
    var shape: [Int]
  }

  /// Describes the work.
  ///
  /// - Parameters:
  ///   - checkpoint: The encoder.
  ///   - grid: The tokens on a side of the model to be aligned, or nil for those of a patch of 2.
  public init(_ checkpoint: EncoderCheckpoint, grid: Int? = nil) {
    self.checkpoint = checkpoint
    self.grid = grid
  }

  /// Prepares the encoder for the pictures of latents.
  ///
  /// - Parameter latentShape: The shape `[C, h, w]` of a latent.
  /// - Returns: The encoder, and what the file says of it.
  /// - Throws: ``ConfigurationError`` where a patch of 2 does not divide such latents.
  func encoder(
    latentShape: [Int]
  ) throws(ConfigurationError) -> (encoder: AlignmentEncoder, description: Description) {
    guard let grid = grid ?? (latentShape[1] % 2 == 0 ? latentShape[1] / 2 : nil) else {
      throw ConfigurationError(
        key: "--feature-grid",
        problem:
          "is not given, and latents of \(latentShape[1])x\(latentShape[2]) have no tokens of "
          + "2x2; give the model's tokens on a side")
    }
    let encoder = AlignmentEncoder(checkpoint.encoder, grid: grid)
    let width = checkpoint.encoder.configuration.width
    return (encoder, Description(encoder: checkpoint.origin, shape: [grid * grid, width]))
  }
}

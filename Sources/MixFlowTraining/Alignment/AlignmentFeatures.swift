import MixFlowImage
import MixFlowModels
import MixFlowTensor

/// Where the features come from that a network's inner tokens are aligned to.
public enum AlignmentFeatures {
  /// An encoder sees the pictures of each batch, as REPA's training has it.
  case encoded(by: AlignmentEncoder, from: any PictureSource)
  /// They were made before.
  case stored(StoredFeatures)

  /// One visit to a sample.
  public struct Visit: Equatable, Sendable {
    /// The sample.
    public let index: Int
    /// Whether it is mirrored.
    public let isFlipped: Bool

    /// Describes a visit.
    public init(index: Int, isFlipped: Bool) {
      self.index = index
      self.isFlipped = isFlipped
    }
  }

  /// Returns the features of the clean samples of a batch.
  ///
  /// - Parameter visits: The samples, at least one.
  /// - Returns: `[B, T, D]`.
  /// - Throws: `DataError`, `ImageError` or `CheckpointError` that names the file.
  public func features(of visits: [Visit]) throws -> Tensor {
    switch self {
    case .stored(let features):
      let parts = try visits.map { try features.features(at: $0.index, flipped: $0.isFlipped) }
      return .concatenation(parts)
    case .encoded(let encoder, let pictures):
      let size = AlignmentEncoder.batchSize
      let parts = try stride(from: 0, to: visits.count, by: size).map { first in
        let images = try visits[first..<min(first + size, visits.count)].map {
          try pictures.picture(at: $0.index, flipped: $0.isFlipped)
        }
        return encoder(Tensor(images, range: 0...1))
      }
      return .concatenation(parts)
    }
  }
}

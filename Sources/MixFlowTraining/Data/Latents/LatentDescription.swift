import MixFlowCheckpoint

/// What a file of cached latents says of itself, in its metadata.
public struct LatentDescription: Codable, Equatable, Sendable {
  /// What is stored of a picture.
  public enum Kind: String, Codable, Sendable {
    /// The means of the posterior and below them its standard deviations, before scale and shift,
    /// `[2 C, h, w]`; training draws from them (SD-VAE, as REPA stores it).
    case moments
    /// The latent that the model sees, `[C, h, w]` (RAE).
    case samples

    /// The name of the tensor, `[count, 1 or 2, …]`: the pictures, each with its mirror image where
    /// there are mirrored ones.
    var tensor: String { rawValue }
    /// The stored values for one of the model.
    var planes: Int { self == .moments ? 2 : 1 }
  }

  /// What is stored of a picture.
  public var kind: Kind
  /// The autoencoder, and the scale and shift that the model sees.
  public var origin: LatentOrigin
  /// The number of pictures, mirrored ones not counted.
  public var count: Int
  /// Whether mirrored pictures are stored too.
  public var hasMirrored: Bool
  /// The names of the classes in the order of their labels.
  public var classNames: [String]
  /// What an encoder's features beside the latents are of; nil without any.
  var features: FeatureMaker.Description?

  enum CodingKeys: String, CodingKey {
    case kind, origin, count, features
    case hasMirrored = "mirrored"
    case classNames = "class_names"
  }

  /// The key in the metadata.
  static let metadataKey = "mixflow.latents"
  /// The tensor of the classes, `[count]`.
  static let labelsTensor = "labels"
  /// The tensor of the features, `[count, 1 or 2, T, D]`.
  static let featuresTensor = "features"
  /// The tensor of the hash of all latents, eight bytes, the lowest first.
  static let fingerprintTensor = "fingerprint"

  /// The tensors of a file, in order.
  ///
  /// - Parameter latentShape: The shape `[C, h, w]` of a latent as the model sees it.
  /// - Returns: Their names, types and shapes.
  func tensors(
    latentShape: [Int]
  ) -> [(name: String, type: ScalarType, shape: [Int])] {
    let stored = [latentShape[0] * kind.planes] + latentShape[1...]
    let versions = hasMirrored ? 2 : 1
    let features = features.map {
      (name: Self.featuresTensor, type: ScalarType.float16, shape: [count, versions] + $0.shape)
    }
    return [
      (Self.labelsTensor, .int64, [count]),
      (kind.tensor, .float32, [count, versions] + stored),
    ] + [features].compactMap { $0 } + [(Self.fingerprintTensor, .uint8, [8])]
  }
}

import MixFlowModels
import MixFlowTensor

/// Where latents come from, so that nothing is decoded by another autoencoder or at another scale.
public struct LatentOrigin: Codable, Equatable, Sendable {
  /// What latents were multiplied with for the model.
  public let scale: Float
  /// What was subtracted from them before that.
  public let shift: Float
  /// The names of the autoencoder's files, without folders; none where they are not known.
  public let files: [String]
  /// The hash of the weights that latents depend on, in hexadecimal.
  public let fingerprint: String

  /// Describes an origin.
  public init(scale: Float, shift: Float, files: [String], fingerprint: String) {
    self.scale = scale
    self.shift = shift
    self.files = files
    self.fingerprint = fingerprint
  }

  /// Refuses to use an autoencoder at another scale.
  ///
  /// - Parameters:
  ///   - used: The origin that latents of the autoencoder at hand have.
  ///   - file: What recorded this origin, such as a checkpoint.
  /// - Returns: A warning where the weights of the encoder are others than those recorded: it may be
  ///   the same one in another precision.
  /// - Throws: ``ConfigurationError`` that names the key to set.
  public func check(_ used: LatentOrigin, file: String) throws(ConfigurationError) -> String? {
    for (key, found, recorded) in [
      ("scaling_factor", used.scale, scale), ("shift_factor", used.shift, shift),
    ] where found != recorded {
      throw ConfigurationError(
        key: "autoencoder.\(key)",
        problem: "is \(found), but \(file) was trained on latents with \(recorded); set it")
    }
    guard used.fingerprint != fingerprint, !files.isEmpty else { return nil }
    return "\(file) was trained on latents of \(files.joined(separator: ", ")) (weights "
      + "\(fingerprint)); the weights of \(used.files.joined(separator: ", ")) differ "
      + "(\(used.fingerprint))"
  }
}

extension AutoencoderCheckpoint {
  /// What latents of this autoencoder are known by.
  public var origin: LatentOrigin {
    var fingerprint = Fingerprint()
    for weights in autoencoder.latentWeights {
      weights.withUnsafeBufferPointer { fingerprint.add(words: $0) }
    }
    let scaling = autoencoder as? AutoencoderKL
    return LatentOrigin(
      scale: scaling?.configuration.scale ?? 1, shift: scaling?.configuration.shift ?? 0,
      files: paths.map { String($0.split(separator: "/").last ?? "") },
      fingerprint: fingerprint.text)
  }
}

import MixFlowModels
import MixFlowTensor

/// What an encoder of features is known by, so that a run is not aligned to two.
public struct EncoderOrigin: Codable, Equatable, Sendable {
  /// The name of its file, without folders.
  public let file: String
  /// The hash of its weights, in hexadecimal; the same for both kinds of keys.
  public let fingerprint: String

  /// Describes an encoder.
  public init(file: String, fingerprint: String) {
    self.file = file
    self.fingerprint = fingerprint
  }

  /// Hashes the weights of an encoder.
  init(_ encoder: DINOv2, path: String) {
    var fingerprint = Fingerprint()
    for parameter in encoder.parameters where parameter.name != "embeddings.mask_token" {
      parameter.value.withUnsafeBufferPointer { fingerprint.add(words: $0) }
    }
    self.init(
      file: String(path.split(separator: "/").last ?? ""), fingerprint: fingerprint.text)
  }

  /// Refuses features of another encoder than a run was aligned to before.
  ///
  /// - Parameter now: The encoder of the resumed run, or nil where it is aligned no longer.
  /// - Throws: ``ConfigurationError`` that names the file to give.
  func checkResume(with now: EncoderOrigin?) throws(ConfigurationError) {
    guard let now, now.fingerprint != fingerprint else { return }
    throw ConfigurationError(
      key: "training.encoder",
      problem: "is \(now.file) (weights \(now.fingerprint)), but the run was aligned to \(file) "
        + "(weights \(fingerprint)); give that file, or start a new run with --init-from")
  }
}

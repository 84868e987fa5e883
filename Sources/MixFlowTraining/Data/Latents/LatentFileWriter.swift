import MixFlowCheckpoint
import MixFlowTensor

/// Writes a file of cached latents, one picture after another.
struct LatentFileWriter: ~Copyable {
  private var file: SafeTensorsStream
  private var fingerprint = Fingerprint()

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - description: What the file holds.
  ///   - labels: The class of each picture.
  ///   - latentShape: The shape `[C, h, w]` of a latent as the model sees it.
  ///   - path: A file to create or replace.
  /// - Throws: `CheckpointError` where it cannot be written.
  init(
    _ description: LatentDescription, labels: [Int], latentShape: [Int], to path: String
  ) throws {
    precondition(labels.count == description.count, "\(labels.count) labels")
    let text = try json(description)
    var file = try SafeTensorsStream(
      description.tensors(latentShape: latentShape),
      metadata: [LatentDescription.metadataKey: text], to: path)
    try file.write(labels)
    self.file = file
    fingerprint.add(text)
    for label in labels { fingerprint.add(label) }
  }

  /// Appends what is stored of a picture.
  mutating func add(_ values: Tensor) throws(CheckpointError) {
    values.withUnsafeBufferPointer { fingerprint.add(words: $0) }
    try file.write(values)
  }

  /// Appends an encoder's features of a picture and its mirror image, after all latents.
  ///
  /// - Parameters:
  ///   - features: `[1 or 2, T, D]`, stored as float16.
  ///   - name: The picture, for errors.
  /// - Throws: `DataError` for features that float16 does not hold, or `CheckpointError`.
  mutating func add(features: Tensor, of name: String) throws {
    var bytes = [UInt8](repeating: 0, count: 2 * features.count)
    let fits = bytes.withUnsafeMutableBytes {
      features.narrow(0..<features.count, to: .float16, into: $0)
    }
    guard fits, features.isFinite() else {
      throw DataError.invalid(
        file: name, reason: "its features are not finite or above 65504",
        mend: "check the encoder's weights (mixflow inspect)")
    }
    fingerprint.add(bytes)
    try file.write(bytes)
  }

  /// Makes the file durable and moves it to its place.
  ///
  /// - Returns: The hash of what it holds, in hexadecimal.
  @discardableResult
  consuming func commit() throws(CheckpointError) -> String {
    let (hash, text) = (fingerprint.value, fingerprint.text)
    try file.write((0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) })
    try file.commit()
    return text
  }
}

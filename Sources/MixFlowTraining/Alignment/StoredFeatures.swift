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
  /// The parts, and the first picture of each.
  private let parts: [(start: Int, tensor: MappedTensor)]

  /// Describes features in a file.
  ///
  /// - Parameters:
  ///   - tensor: `[count, 1 or 2, T, D]`.
  ///   - origin: The encoder.
  init(_ tensor: MappedTensor, origin: EncoderOrigin) {
    precondition(tensor.info.shape.count == 4, "features \(tensor.info.shape)")
    self.origin = origin
    parts = [(0, tensor)]
    versions = tensor.info.shape[1]
    shape = Array(tensor.info.shape[2...])
  }

  /// Joins the features of files that follow each other; all have one shape and one encoder.
  ///
  /// - Parameter files: At least one, each with the number of its pictures.
  init(joining files: [(features: StoredFeatures, count: Int)]) {
    precondition(!files.isEmpty, "no files")
    let first = files[0].features
    (origin, shape, versions) = (first.origin, first.shape, first.versions)
    var start = 0
    var parts: [(start: Int, tensor: MappedTensor)] = []
    for file in files {
      parts += file.features.parts.map { (start + $0.start, $0.tensor) }
      start += file.count
    }
    self.parts = parts
  }

  /// Reads the features of a picture, `[1, T, D]`.
  func features(at index: Int, flipped: Bool) throws(CheckpointError) -> Tensor {
    let place = parts.lastIndex { $0.start <= index } ?? 0
    let local = index - parts[place].start
    let versions = try parts[place].tensor.parts(local..<local + 1)
    let version = self.versions == 1 ? 0 : (flipped ? 1 : 0)
    return versions.reshaped([self.versions] + shape).samples(version..<version + 1)
  }
}

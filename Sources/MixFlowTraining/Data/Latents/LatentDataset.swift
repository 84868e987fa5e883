import Foundation
import MixFlowCheckpoint
import MixFlowTensor

/// Cached latents, read in place from a file that may be larger than the memory.
///
/// Of an autoencoder with a posterior each visit draws a new latent; scale and shift are applied.
public struct LatentDataset: DataSource {
  /// What the file says of itself.
  public let description: LatentDescription
  /// The channels of a latent as the model sees it.
  public let channels: Int
  /// The rows of a latent.
  public let height: Int
  /// The columns of a latent.
  public let width: Int
  /// The hash of all that the file holds, taken when it was written.
  public let fingerprint: UInt64
  /// The features of the pictures, where the file holds some.
  public let features: StoredFeatures?
  private let labels: [Int]
  private let values: Tensor

  /// The number of pictures.
  public var count: Int { description.count }
  /// The number of classes.
  public var classCount: Int { description.classNames.count }
  /// Whether mirrored pictures were encoded too.
  public var isFlippable: Bool { description.hasMirrored }
  /// The autoencoder, and scale and shift.
  public var latentOrigin: LatentOrigin? { description.origin }

  /// Opens a file.
  ///
  /// - Parameter path: A file that ``LatentCache`` wrote.
  /// - Throws: `CheckpointError` or `DataError` for a file that is malformed or of another kind.
  public init(contentsOf path: String) throws {
    let file = try SafeTensorsFile(contentsOf: path)
    guard file.metadata[LatentDescription.metadataKey] != nil else {
      throw DataError.invalid(
        file: path, reason: "holds no cached latents",
        mend: "write them with 'mixflow latents', or name a folder of images")
    }
    let description = try file.metadata(
      LatentDescription.metadataKey, as: LatentDescription.self)
    let stored = try file.info(for: description.kind.tensor)
    guard stored.shape.count == 5, stored.shape[2] % description.kind.planes == 0,
      !stored.shape.contains(0)
    else {
      throw DataError.invalid(
        file: path, reason: "\(description.kind.tensor) has the shape \(stored.shape)",
        mend: "write the file again")
    }
    let shape = [stored.shape[2] / description.kind.planes] + stored.shape[3...]
    for (name, type, shape) in description.tensors(latentShape: shape) {
      let found = try file.info(for: name)
      guard found.type == type else {
        throw CheckpointError.type(
          key: name, found: found.type, wanted: type.rawValue, file: path)
      }
      guard found.shape == shape else {
        throw CheckpointError.shape(key: name, found: found.shape, expected: shape, file: path)
      }
    }
    labels = try file.integers(LatentDescription.labelsTensor)
    let classCount = description.classNames.count
    if let index = labels.firstIndex(where: { !(0..<classCount ~= $0) }) {
      throw DataError.labelOutOfRange(
        file: path, index: index, label: labels[index], classCount: classCount)
    }
    fingerprint = try file.bytes(LatentDescription.fingerprintTensor).reversed()
      .reduce(0) { $0 << 8 | UInt64($1) }
    values = try file.tensor(description.kind.tensor)
    features = description.features.flatMap { features in
      file.mapped(LatentDescription.featuresTensor).map {
        StoredFeatures($0, origin: features.encoder)
      }
    }
    self.description = description
    (channels, height, width) = (shape[0], shape[1], shape[2])
  }

  /// Whether a path is that of a file rather than a folder, as latents are.
  static func isFile(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path) && !ImageFolder.isFolder(path)
  }

  /// Returns the class of a picture.
  public func label(at index: Int) -> Int { labels[index] }

  /// Writes a latent; of a posterior its mean.
  public func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>
  ) {
    write(index, flipped, into: target) { mean, _, _ in mean }
  }

  /// Writes a latent; of a posterior one that `noise` chooses.
  public func writeSample(
    at index: Int, flipped: Bool, noise: Philox, into target: UnsafeMutableBufferPointer<Float>
  ) {
    if description.kind == .moments {
      var noise = noise
      noise.fillNormal(target)
    }
    write(index, flipped, into: target) { mean, deviation, noise in mean + deviation * noise }
  }

  /// Writes scaled latents, of a posterior those of `draw(mean, deviation, old value)`.
  private func write(
    _ index: Int, _ flipped: Bool, into target: UnsafeMutableBufferPointer<Float>,
    draw: (Float, Float, Float) -> Float
  ) {
    precondition(0..<count ~= index, "latent \(index) of \(count)")
    precondition(!flipped || isFlippable, "mirrored latents of a file without any")
    precondition(target.count == sampleCount, "\(target.count) places for \(sampleCount) values")
    let version = description.hasMirrored ? 2 * index + (flipped ? 1 : 0) : index
    let start = version * sampleCount * description.kind.planes
    let (scale, shift) = (description.origin.scale, description.origin.shift)
    values.withUnsafeBufferPointer { values in
      switch description.kind {
      case .samples:
        for place in target.indices { target[place] = values[start + place] }
      case .moments:
        for place in target.indices {
          let latent = draw(
            values[start + place], values[start + sampleCount + place], target[place])
          target[place] = (latent - shift) * scale
        }
      }
    }
  }
}

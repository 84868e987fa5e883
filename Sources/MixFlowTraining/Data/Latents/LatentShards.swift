import MixFlowTensor

/// Cached latents in several files, each a ``LatentDataset`` of its own, read in place.
public struct LatentShards: DataSource {
  /// A hash of those of all files.
  public let fingerprint: UInt64
  /// The features of the pictures, where the files hold some.
  public let features: StoredFeatures?
  /// The files.
  public let shards: [LatentDataset]
  /// The first picture of each file, and the number of all.
  private let starts: [Int]

  /// The number of pictures.
  public var count: Int { starts[shards.count] }
  /// The number of classes.
  public var classCount: Int { shards[0].classCount }
  /// The channels of a latent as the model sees it.
  public var channels: Int { shards[0].channels }
  /// The rows of a latent.
  public var height: Int { shards[0].height }
  /// The columns of a latent.
  public var width: Int { shards[0].width }
  /// Whether mirrored pictures were encoded too.
  public var isFlippable: Bool { shards[0].isFlippable }
  /// The autoencoder, and scale and shift.
  public var latentOrigin: LatentOrigin? { shards[0].latentOrigin }

  /// Opens the files of a folder, or returns nil where it has no `latents.index.json`.
  ///
  /// - Parameter folder: A folder that ``LatentCache`` wrote.
  /// - Throws: `CheckpointError` or `DataError` for a file that is missing, malformed or another than
  ///   the list says.
  public init?(folder: String) throws {
    guard let index = try LatentIndex(folder: folder) else { return nil }
    var fingerprint = Fingerprint()
    var starts = [0]
    var shards: [LatentDataset] = []
    for entry in index.shards {
      let path = "\(folder)/\(entry.file)"
      let shard = try LatentDataset(contentsOf: path)
      var kind = shard.description
      kind.count = (shards.first ?? shard).count
      guard shard.count == entry.count, text(of: shard.fingerprint) == entry.fingerprint,
        kind == (shards.first ?? shard).description,
        [shard.channels, shard.height, shard.width]
          == [shards.first ?? shard].flatMap({ [$0.channels, $0.height, $0.width] })
      else {
        throw DataError.invalid(
          file: path, reason: "is not the file that \(LatentIndex.name) lists",
          mend: "write all files again with 'mixflow latents'")
      }
      shards.append(shard)
      starts.append(starts[starts.count - 1] + shard.count)
      fingerprint.add(entry.fingerprint)
    }
    self.shards = shards
    self.starts = starts
    self.fingerprint = fingerprint.value
    let features = shards.compactMap { shard in
      shard.features.map { (features: $0, count: shard.count) }
    }
    self.features = features.count == shards.count ? StoredFeatures(joining: features) : nil
  }

  /// Returns the file of a picture and its place there.
  private func place(of index: Int) -> (shard: LatentDataset, index: Int) {
    precondition(0..<count ~= index, "latent \(index) of \(count)")
    var (low, high) = (0, shards.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= index { low = middle } else { high = middle }
    }
    return (shards[low], index - starts[low])
  }

  /// Returns the class of a picture.
  public func label(at index: Int) -> Int {
    let place = place(of: index)
    return place.shard.label(at: place.index)
  }

  /// Writes a latent; of a posterior its mean.
  public func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>
  ) {
    let place = place(of: index)
    place.shard.writeSample(at: place.index, flipped: flipped, into: target)
  }

  /// Writes a latent; of a posterior one that `noise` chooses.
  public func writeSample(
    at index: Int, flipped: Bool, noise: Philox, into target: UnsafeMutableBufferPointer<Float>
  ) {
    let place = place(of: index)
    place.shard.writeSample(at: place.index, flipped: flipped, noise: noise, into: target)
  }
}

/// A hash in sixteen hexadecimal digits.
private func text(of fingerprint: UInt64) -> String {
  let digits = String(fingerprint, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

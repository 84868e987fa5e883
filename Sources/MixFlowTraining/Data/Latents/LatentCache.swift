import MixFlowCheckpoint
import MixFlowImage
import MixFlowModels
import MixFlowTensor

/// Encodes a folder of pictures once, so that training need not.
public struct LatentCache {
  private let pictures: ImageFolder
  private let checkpoint: AutoencoderCheckpoint
  private let size: Int?

  /// Describes the work.
  ///
  /// - Parameters:
  ///   - pictures: The pictures.
  ///   - checkpoint: The autoencoder.
  ///   - size: The side to which pictures are scaled and cut, as ADM does it; nil: as they are.
  public init(_ pictures: ImageFolder, checkpoint: AutoencoderCheckpoint, size: Int? = nil) {
    self.pictures = pictures
    self.checkpoint = checkpoint
    self.size = size
  }

  /// Writes the latents of all pictures, one at a time.
  ///
  /// - Parameters:
  ///   - path: A safetensors file to create or replace, whole or not at all.
  ///   - mirrored: Whether to store the latents of mirrored pictures too.
  ///   - features: Makes features of the pictures too, for REPA's alignment.
  ///   - report: Called after each picture, of features once more.
  /// - Throws: `DataError`, `ImageError` or `CheckpointError` that names the file.
  public func write(
    to path: String, mirrored: Bool = false, features: FeatureMaker? = nil,
    report: () throws -> Void = {}
  ) throws {
    let plan = try plan(mirrored: mirrored, features)
    _ = try write(0..<pictures.files.count, of: plan, to: path, report: report)
  }

  /// Writes the latents of all pictures to several files, and `latents.index.json` that lists them.
  ///
  /// - Parameters:
  ///   - folder: A folder, which is created; ``LatentShards`` opens it once the list is there, which is
  ///     written last.
  ///   - shardBytes: The most bytes of latents and features in a file; one picture at least is in each.
  ///   - mirrored: Whether to store the latents of mirrored pictures too.
  ///   - features: Makes features of the pictures too, for REPA's alignment.
  ///   - report: Called after each picture, of features once more.
  /// - Returns: The number of files.
  /// - Throws: `DataError`, `ImageError` or `CheckpointError` that names the file.
  @discardableResult
  public func write(
    shardsTo folder: String, shardBytes: Int, mirrored: Bool = false,
    features: FeatureMaker? = nil, report: () throws -> Void = {}
  ) throws -> Int {
    let plan = try plan(mirrored: mirrored, features)
    let perShard = max(1, shardBytes / max(1, plan.bytesPerPicture))
    let count = pictures.files.count
    let starts = Array(stride(from: 0, to: count, by: perShard))
    try createFolder(folder, option: "--output")
    var index = LatentIndex(shards: [])
    for (place, start) in starts.enumerated() {
      let range = start..<min(count, start + perShard)
      let name = LatentIndex.shardName(place, of: starts.count)
      let fingerprint = try write(range, of: plan, to: "\(folder)/\(name)", report: report)
      index.shards.append(
        LatentIndex.Shard(file: name, count: range.count, fingerprint: fingerprint))
    }
    try AtomicFile.write(try json(index) + "\n", to: "\(folder)/\(LatentIndex.name)")
    return starts.count
  }

  /// What is the same for all files.
  private struct Plan {
    let description: LatentDescription
    let maker: AlignmentEncoder?
    let latentShape: [Int]
    let pictureSize: [Int]

    var bytesPerPicture: Int {
      var one = description
      one.count = 1
      return one.tensors(latentShape: latentShape).reduce(0) {
        $0 + $1.shape.reduce(1, *) * $1.type.bitWidth / 8
      }
    }
  }

  private func plan(mirrored: Bool, _ features: FeatureMaker?) throws -> Plan {
    let first = try picture(0)
    let shape = try latentShape(of: first, path: pictures.files[0])
    let maker = try features?.encoder(latentShape: shape)
    return Plan(
      description: LatentDescription(
        kind: checkpoint.autoencoder is AutoencoderKL ? .moments : .samples,
        origin: checkpoint.origin, count: pictures.files.count, hasMirrored: mirrored,
        classNames: pictures.classNames, features: maker?.description),
      maker: maker?.encoder, latentShape: shape, pictureSize: [first.width, first.height])
  }

  /// Writes the latents of some pictures and returns the file's hash.
  private func write(
    _ range: Range<Int>, of plan: Plan, to path: String, report: () throws -> Void
  ) throws -> String {
    let encoder = checkpoint.autoencoder
    var description = plan.description
    description.count = range.count
    var file = try LatentFileWriter(
      description, labels: Array(pictures.labels[range]), latentShape: plan.latentShape, to: path)
    for index in range {
      let name = pictures.files[index]
      let picture = try self.picture(index)
      guard [picture.width, picture.height] == plan.pictureSize else {
        throw DataError.sizeMismatch(
          file: name, found: [picture.width, picture.height], first: pictures.files[0],
          expected: plan.pictureSize)
      }
      for version in description.hasMirrored ? [picture, picture.mirrored] : [picture] {
        let latent = encoder.stored(Tensor([version], range: encoder.pixelRange))
        guard latent.isFinite() else {
          throw DataError.invalid(
            file: name, reason: "its latent is NaN or infinite",
            mend: "check the autoencoder's weights (mixflow inspect)")
        }
        try file.add(latent)
      }
      try report()
    }
    if let maker = plan.maker {
      for index in range {
        let picture = try self.picture(index)
        let versions = description.hasMirrored ? [picture, picture.mirrored] : [picture]
        try file.add(
          features: maker(Tensor(versions, range: 0...1)), of: pictures.files[index])
        try report()
      }
    }
    return try file.commit()
  }

  /// Estimates the statistics that RAE normalises latents by: running means and biased variances over
  /// batches.
  ///
  /// The first batch sets them; each later one moves them by `momentum`. Statistics that the
  /// autoencoder has already are not applied.
  ///
  /// - Parameters:
  ///   - batchSize: The pictures of a batch; what is left over at the end is one too.
  ///   - momentum: The weight of a new batch.
  ///   - report: Called after each picture.
  /// - Returns: Statistics of shape `[C, h, w]`.
  /// - Throws: `DataError` or `ImageError` that names the file.
  public func statistics(
    batchSize: Int = 256, momentum: Double = 0.1, report: () throws -> Void = {}
  ) throws -> LatentStatistics {
    var encoder = checkpoint.autoencoder
    if let rae = encoder as? RAE { encoder = rae.unnormalized }
    var running = RunningStatistics(momentum: momentum)
    for start in stride(from: 0, to: pictures.files.count, by: batchSize) {
      for index in start..<min(start + batchSize, pictures.files.count) {
        let picture = try self.picture(index)
        let shape = try latentShape(of: picture, path: pictures.files[index])
        let latent = encoder.encode(Tensor([picture], range: encoder.pixelRange))
        guard running.add(latent.reshaped(shape)), latent.isFinite() else {
          throw DataError.invalid(
            file: pictures.files[index], reason: "its latent has another size or is not finite",
            mend: "give '--size'")
        }
        try report()
      }
      running.endBatch()
    }
    return try running.statistics
  }

  private func picture(_ index: Int) throws -> Image {
    let name = pictures.files[index]
    let picture = try Image(contentsOf: name).rgb
    guard let size, [picture.width, picture.height] != [size, size] else { return picture }
    return try picture.centreCropped(to: size, name: name)
  }

  private func latentShape(of picture: Image, path: String) throws -> [Int] {
    do {
      return try checkpoint.autoencoder.latentShape(height: picture.height, width: picture.width)
    } catch {
      throw DataError.invalid(file: path, reason: "\(error)", mend: "give '--size'")
    }
  }
}

extension Autoencoder {
  /// Returns what is stored of pictures `[1, 3, H, W]`.
  fileprivate func stored(_ picture: Tensor) -> Tensor {
    guard let vae = self as? AutoencoderKL else { return encode(picture) }
    let moments = vae.moments(of: picture)
    return .concatenation([moments.mean, moments.deviation])
  }
}

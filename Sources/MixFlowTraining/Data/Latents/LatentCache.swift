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
    let encoder = checkpoint.autoencoder
    let first = try picture(0)
    let shape = try latentShape(of: first, path: pictures.files[0])
    let maker = try features?.encoder(latentShape: shape)
    let description = LatentDescription(
      kind: encoder is AutoencoderKL ? .moments : .samples, origin: checkpoint.origin,
      count: pictures.files.count, hasMirrored: mirrored, classNames: pictures.classNames,
      features: maker?.description)
    var file = try LatentFileWriter(
      description, labels: pictures.labels, latentShape: shape, to: path)
    for (index, name) in pictures.files.enumerated() {
      let picture = try self.picture(index)
      guard [picture.width, picture.height] == [first.width, first.height] else {
        throw DataError.sizeMismatch(
          file: name, found: [picture.width, picture.height], first: pictures.files[0],
          expected: [first.width, first.height])
      }
      for version in mirrored ? [picture, picture.mirrored] : [picture] {
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
    if let maker {
      for (index, name) in pictures.files.enumerated() {
        let picture = try self.picture(index)
        let images = Tensor(mirrored ? [picture, picture.mirrored] : [picture], range: 0...1)
        try file.add(features: maker.encoder(images), of: name)
        try report()
      }
    }
    try file.commit()
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
    let picture = try Image(pngAt: name).rgb
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

import MixFlowModels
import MixFlowTensor

/// REPA's alignment in a run: the loss, and where its features come from.
public struct Alignment {
  /// The loss.
  public let loss: REPALoss
  /// The features.
  public let features: AlignmentFeatures
  /// What the encoder is known by.
  public let origin: EncoderOrigin

  /// Joins the parts.
  public init(loss: REPALoss, features: AlignmentFeatures, origin: EncoderOrigin) {
    self.loss = loss
    self.features = features
    self.origin = origin
  }

  /// The encoder that works while the run trains, or nil where features are stored.
  public var encoder: AlignmentEncoder? {
    guard case .encoded(let encoder, _) = features else { return nil }
    return encoder
  }
}

extension RunConfiguration {
  /// Finds the features that the run's model is to be aligned to.
  ///
  /// - Parameters:
  ///   - data: The data, which hold the pictures or their features.
  ///   - sizes: The model's sizes.
  /// - Returns: The alignment, or nil where its weight is 0.
  /// - Throws: ``ConfigurationError`` that names the key, or an error of a file.
  public func alignment(
    with data: any DataSource, for sizes: ModelConfiguration
  ) throws -> Alignment? {
    guard training.projCoeff != 0, case .repa(let repa) = sizes else { return nil }
    let path = self.data.path ?? "data.path"
    let features: AlignmentFeatures
    let (origin, found): (EncoderOrigin, [Int])
    if let stored = data.features {
      try require(
        training.encoder == nil, "training.encoder",
        "is for pictures, but \(path) holds features of \(stored.origin.file); leave it null")
      features = .stored(stored)
      (origin, found) = (stored.origin, stored.shape)
    } else {
      guard let file = training.encoder else {
        throw ConfigurationError(
          key: "training.proj_coeff",
          problem: "is \(training.projCoeff), but there are no features to align to: set "
            + "training.encoder to the file of DINOv2, such as dinov2_vitb14_pretrain.pth, or "
            + "proj_coeff to 0 to train on the flow alone, which leaves the projectors as they are")
      }
      guard let pictures = try data.pictures else {
        throw ConfigurationError(
          key: "training.encoder",
          problem: "needs pictures, but \(path) holds latents alone; name REPA's own folder, with "
            + "images/ and vae-sd/, or write the file again with 'mixflow latents --encoder'")
      }
      let type = try training.encType.map { try EncoderType(parsing: $0) }
      let checkpoint = try EncoderCheckpoint(contentsOf: file, type: type)
      let encoder = AlignmentEncoder(checkpoint.encoder, grid: repa.transformer.grid)
      features = .encoded(by: encoder, from: pictures)
      origin = checkpoint.origin
      found = [encoder.grid * encoder.grid, checkpoint.encoder.configuration.width]
    }
    try require(
      repa.featureWidths == [found[1]], "model.z_dims",
      "is \(repa.featureWidths), but the features of \(origin.file) have a width of \(found[1]); "
        + "set it to [\(found[1])]")
    try require(
      sizes.tokens == found[0], "model.patch_size",
      "makes \(sizes.tokens) tokens of a sample, but \(path) holds \(found[0]) features of each; "
        + "write them again for this model")
    return Alignment(
      loss: REPALoss(coefficient: Float(training.projCoeff)), features: features, origin: origin)
  }
}

import MixFlowImage
import MixFlowModels
import MixFlowTensor

/// Turns a model's samples into pictures: pixels directly, latents through an autoencoder.
public struct SampleDecoder {
  /// The columns of a picture.
  public let width: Int
  /// The rows of a picture.
  public let height: Int
  private let autoencoder: (any Autoencoder)?
  private let rule: Quantization

  /// Joins a model and an autoencoder.
  ///
  /// - Parameters:
  ///   - shape: The shape `[C, h, w]` of a sample.
  ///   - autoencoder: The autoencoder, or nil where samples are pictures.
  ///   - rule: The rule from floats to bytes; one for another range of pixels than the autoencoder's
  ///     gives way to the rule of its kind.
  /// - Throws: ``ConfigurationError`` where latents have no autoencoder or another one's shape.
  public init(
    sampleShape shape: [Int], autoencoder: (any Autoencoder)?, rule: Quantization
  ) throws(ConfigurationError) {
    self.autoencoder = autoencoder
    guard let autoencoder else {
      guard [1, 3].contains(shape[0]) else {
        throw ConfigurationError(
          key: "autoencoder.files",
          problem: "are none, but the model makes latents of \(shape[0]) channels, not pictures; "
            + "name the autoencoder's files")
      }
      (height, width) = (shape[1], shape[2])
      self.rule = rule
      return
    }
    do {
      let picture = try autoencoder.pictureShape(ofLatent: shape)
      (height, width) = (picture[1], picture[2])
    } catch {
      throw ConfigurationError(key: "autoencoder.files", problem: "\(error)")
    }
    let isSigned = autoencoder.pixelRange.lowerBound < 0
    self.rule = isSigned == (rule != .rae) ? rule : autoencoder.quantization
  }

  /// Returns the pictures of samples `[B, C, h, w]`, one after another, so that one alone is in memory
  /// with what its decoding needs.
  public func images(of samples: Tensor) -> some Sequence<Image> {
    (0..<samples.shape[0]).lazy.map { [self] index in
      let sample = samples.samples(index..<index + 1)
      return (autoencoder?.decode(sample) ?? sample).images(rule)[0]
    }
  }
}

extension RunConfiguration {
  /// Reads the autoencoder that the configuration names, and checks it against samples.
  ///
  /// - Parameters:
  ///   - shape: The shape `[C, h, w]` of a sample of the model.
  ///   - origin: Where the latents that the model was trained on come from, if it is known.
  ///   - file: What recorded that, for messages.
  /// - Returns: The decoder, and a warning where the encoder's weights are not those of the training.
  /// - Throws: ``ConfigurationError``, or an error that names a file of the autoencoder.
  public func sampleDecoder(
    for shape: [Int], origin: LatentOrigin?, file: String
  ) throws -> (decoder: SampleDecoder, warning: String?) {
    let checkpoint = try autoencoder.load()
    if checkpoint == nil, let origin, !origin.files.isEmpty {
      throw ConfigurationError(
        key: "autoencoder.files",
        problem: "are none, but \(file) is of latents of \(origin.files.joined(separator: ", ")); "
          + "name these files")
    }
    let decoder = try SampleDecoder(
      sampleShape: shape, autoencoder: checkpoint?.autoencoder, rule: try sampler.quantization())
    guard let checkpoint, let origin else { return (decoder, nil) }
    return (decoder, try origin.check(checkpoint.origin, file: file))
  }
}

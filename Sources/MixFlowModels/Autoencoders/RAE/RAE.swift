import MixFlowTensor

/// The representation autoencoder: DINOv2's features as latents, and a decoder for them (Zheng et
/// al., 2025).
public struct RAE: Autoencoder {
  /// The encoder.
  public let encoder: DINOv2
  /// The decoder.
  public let decoder: ViTDecoder
  /// What latents are normalised by, or nil.
  public let statistics: LatentStatistics?
  /// The side that pictures are resized to for the encoder.
  public let encoderInputSize: Int

  /// Joins encoder and decoder.
  ///
  /// - Parameters:
  ///   - encoder: The encoder.
  ///   - decoder: A decoder for its features.
  ///   - statistics: What latents are normalised by, or nil.
  ///   - encoderInputSize: The side that pictures are resized to, a multiple of the encoder's patch.
  /// - Throws: ``ModelConfigurationError`` where the parts do not fit together.
  public init(
    encoder: DINOv2, decoder: ViTDecoder, statistics: LatentStatistics? = nil,
    encoderInputSize: Int = 224
  ) throws(ModelConfigurationError) {
    let (width, patch) = (encoder.configuration.width, encoder.configuration.patchSize)
    guard decoder.configuration.latentWidth == width else {
      throw ModelConfigurationError(
        key: "hidden_size",
        problem: "is \(width) in the encoder, \(decoder.configuration.latentWidth) in the decoder")
    }
    guard decoder.configuration.imageChannels == 3 else {
      throw ModelConfigurationError(
        key: "num_channels", problem: "is \(decoder.configuration.imageChannels); pictures have 3")
    }
    guard 1...65_536 ~= encoderInputSize, encoderInputSize % patch == 0 else {
      throw ModelConfigurationError(
        key: "encoder_input_size",
        problem: "is \(encoderInputSize), which is no multiple of the encoder's patch \(patch)")
    }
    self.encoder = encoder
    self.decoder = decoder
    self.statistics = statistics
    self.encoderInputSize = encoderInputSize
    guard let statistics, statistics.mean.shape != latentShape else { return }
    throw ModelConfigurationError(
      key: "encoder_input_size",
      problem: "\(encoderInputSize) makes latents \(latentShape), but the statistics are "
        + "\(statistics.mean.shape); set \(statistics.mean.shape[2] * patch), or take other statistics"
    )
  }

  /// The channels, rows and columns of a latent.
  public var latentShape: [Int] {
    let side = encoderInputSize / encoder.configuration.patchSize
    return [encoder.configuration.width, side, side]
  }

  /// Pixels lie in `[0, 1]`.
  public var pixelRange: ClosedRange<Float> { 0...1 }

  /// The parameters of encoder and decoder.
  public var parameters: [Parameter] { encoder.parameters + decoder.parameters }

  /// Returns ``latentShape``, whatever the size: pictures are resized first.
  public func latentShape(height: Int, width: Int) -> [Int] { latentShape }

  /// Returns the size of the decoder's pictures.
  public func pictureShape(ofLatent shape: [Int]) throws(AutoencoderError) -> [Int] {
    let width = latentShape[0]
    guard shape.count == 3, shape[0] == width, shape[1] == shape[2],
      statistics == nil || shape == latentShape
    else {
      throw .latent(
        shape, expected: statistics == nil ? "squares of \(width) channels" : "\(latentShape)")
    }
    let side = decoder.configuration.grid * decoder.configuration.patchSize
    return [3, side, side]
  }

  /// The weights of the encoder and the statistics.
  public var latentWeights: [Tensor] {
    encoder.parameters.map(\.value) + (statistics.map { [$0.mean, $0.variance] } ?? [])
  }

  /// The autoencoder without statistics.
  public var unnormalized: RAE { RAE(self, statistics: nil) }

  private init(_ other: RAE, statistics: LatentStatistics?) {
    encoder = other.encoder
    decoder = other.decoder
    encoderInputSize = other.encoderInputSize
    self.statistics = statistics
  }

  /// Noise that the decoder's training adds to latents.
  public struct Noise {
    /// The magnitude for each sample, `τ u` with `u ~ U(0, 1)`.
    public let magnitudes: [Float]
    /// Standard normal numbers, `[B, T, D]`.
    public let values: Tensor

    /// Describes noise.
    public init(magnitudes: [Float], values: Tensor) {
      precondition(
        values.shape.first == magnitudes.count,
        "\(magnitudes.count) magnitudes for noise \(values.shape)")
      self.magnitudes = magnitudes
      self.values = values
    }
  }

  /// Maps pictures `[B, 3, H, W]` in `[0, 1]` to normalised latents `[B, C, h, w]`.
  public func encode(_ images: Tensor) -> Tensor { encode(images, noise: nil) }

  /// Maps pictures `[B, 3, H, W]` in `[0, 1]` to normalised latents `[B, C, h, w]`, with noise where
  /// there is some.
  public func encode(_ images: Tensor, noise: Noise?) -> Tensor {
    var tokens = features(images)
    if let noise {
      let parts = noise.magnitudes.enumerated().map { sample, magnitude in
        magnitude * noise.values.samples(sample..<sample + 1)
      }
      tokens.add(.concatenation(parts))
    }
    let shape = latentShape
    let latents = unpatchify(
      Variable(constant: tokens), patch: 1, channels: shape[0], height: shape[1], width: shape[2]
    ).value
    return statistics?.normalized(latents) ?? latents
  }

  /// Returns the encoder's patch tokens `[B, T, D]` of pictures `[B, 3, H, W]` in `[0, 1]`.
  public func features(_ images: Tensor) -> Tensor {
    encoder.patchTokens(ImageNetNormalization.normalized(encoderInput(images)))
  }

  /// Returns pictures of the encoder's size, before normalisation.
  ///
  /// Values may leave `[0, 1]`: the kernel overshoots, and upstream does not clamp.
  package func encoderInput(_ images: Tensor) -> Tensor {
    let side = encoderInputSize
    guard images.shape[2] != side || images.shape[3] != side else { return images }
    return resize(images, height: side, width: side, filter: .bicubic)
  }

  /// Maps normalised latents `[B, C, h, w]` to pictures `[B, 3, H, W]`, in `[0, 1]` but for
  /// overshoot.
  public func decode(_ latents: Tensor) -> Tensor {
    let tokens = patchify(
      Variable(constant: statistics?.denormalized(latents) ?? latents), patch: 1
    ).value
    return ImageNetNormalization.denormalized(decoder.images(of: decoder(tokens)))
  }
}

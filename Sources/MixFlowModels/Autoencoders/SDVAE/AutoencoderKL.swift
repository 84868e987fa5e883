import MixFlowTensor

/// Stable Diffusion's variational autoencoder (Rombach et al., 2022; diffusers' `AutoencoderKL`).
///
/// Pictures are worked on one at a time, so that memory does not grow with the batch.
public struct AutoencoderKL: Autoencoder {
  /// The sizes, and the scale of latents.
  public let configuration: AutoencoderKLConfiguration
  /// All parameters, under the keys of the official state dict.
  public let parameters: [Parameter]
  private let encoder: ConvolutionalEncoder
  private let decoder: ConvolutionalDecoder
  private let quantization: ConvolutionLayer
  private let postQuantization: ConvolutionLayer

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - configuration: The sizes.
  ///   - attentionKeys: The names and shapes of the attention's projections.
  ///   - source: Where the values of the parameters come from.
  /// - Throws: ``ModelConfigurationError``, or what the source throws.
  public init(
    _ configuration: AutoencoderKLConfiguration, attentionKeys: SpatialAttentionKeys = .current,
    from source: any ParameterSource
  ) throws {
    try configuration.validate()
    self.configuration = configuration
    let scope = ParameterScope(source: source)
    encoder = try ConvolutionalEncoder(
      configuration, keys: attentionKeys, in: scope.child("encoder"))
    decoder = try ConvolutionalDecoder(
      configuration, keys: attentionKeys, in: scope.child("decoder"))
    let channels = configuration.latentChannels
    quantization = try ConvolutionLayer(
      inputs: 2 * channels, outputs: 2 * channels, kernel: 1, in: scope.child("quant_conv"))
    postQuantization = try ConvolutionLayer(
      inputs: channels, outputs: channels, kernel: 1, in: scope.child("post_quant_conv"))
    parameters = scope.parameters
  }

  /// Pixels lie in `[-1, 1]`.
  public var pixelRange: ClosedRange<Float> { -1...1 }

  /// Returns `[C, height / r, width / r]`.
  public func latentShape(height: Int, width: Int) throws(AutoencoderError) -> [Int] {
    let reduction = configuration.reduction
    guard height > 0, width > 0, height % reduction == 0, width % reduction == 0 else {
      throw .size([width, height], multiple: reduction)
    }
    return [configuration.latentChannels, height / reduction, width / reduction]
  }

  /// Returns `[3, h r, w r]`.
  public func pictureShape(ofLatent shape: [Int]) throws(AutoencoderError) -> [Int] {
    let channels = configuration.latentChannels
    guard shape.count == 3, shape[0] == channels else {
      throw .latent(shape, expected: "\(channels) channels")
    }
    return [3, shape[1] * configuration.reduction, shape[2] * configuration.reduction]
  }

  /// The weights of the encoder.
  public var latentWeights: [Tensor] {
    parameters.filter { $0.name.hasPrefix("encoder.") || $0.name.hasPrefix("quant_conv.") }
      .map(\.value)
  }

  /// Returns the distributions of the latents of pictures, before scale and shift.
  ///
  /// - Parameter images: `[B, 3, H, W]` in `[-1, 1]`, sides multiples of the reduction.
  /// - Returns: Means and variances, `[B, C, h, w]`.
  public func moments(of images: Tensor) -> LatentMoments {
    LatentMoments(
      oneByOne(images) { quantization(encoder(Variable(constant: $0))).value })
  }

  /// Returns the pictures of latents `[B, C, h, w]` without scale and shift.
  public func decodeUnscaled(_ latents: Tensor) -> Tensor {
    oneByOne(latents) { decoder(postQuantization(Variable(constant: $0))).value }
  }

  /// Returns `(z - shift) · scale`.
  public func scaled(_ latents: Tensor) -> Tensor {
    let (scale, shift) = (configuration.scale, configuration.shift)
    return shift == 0
      ? scale * latents
      : Tensor(latents.array.map { ($0 - shift) * scale }, shape: latents.shape)
  }

  /// Maps pictures to the scaled means of their latents.
  public func encode(_ images: Tensor) -> Tensor { scaled(moments(of: images).mean) }

  /// Maps scaled latents to pictures.
  public func decode(_ latents: Tensor) -> Tensor {
    let (scale, shift) = (configuration.scale, configuration.shift)
    return decodeUnscaled(
      Tensor(latents.array.map { $0 / scale + shift }, shape: latents.shape))
  }
}

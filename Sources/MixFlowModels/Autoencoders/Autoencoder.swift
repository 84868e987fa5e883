import MixFlowTensor

/// A first stage: it maps pictures to the latents that a diffusion model works on, and back.
public protocol Autoencoder {
  /// The values that pixels have, from black to white.
  var pixelRange: ClosedRange<Float> { get }

  /// All parameters, under the keys of the official state dict.
  var parameters: [Parameter] { get }

  /// Returns the shape `[C, h, w]` of the latent of one picture.
  ///
  /// - Parameters:
  ///   - height: The picture's rows.
  ///   - width: The picture's columns.
  /// - Returns: The channels, rows and columns of the latent.
  /// - Throws: ``AutoencoderError`` where it does not take pictures of that size.
  func latentShape(height: Int, width: Int) throws(AutoencoderError) -> [Int]

  /// Returns the shape `[3, H, W]` of the picture of one latent.
  ///
  /// - Parameter shape: The shape `[C, h, w]` of the latent.
  /// - Returns: The channels, rows and columns of the picture.
  /// - Throws: ``AutoencoderError/latent(_:expected:)`` where it does not take latents of that shape.
  func pictureShape(ofLatent shape: [Int]) throws(AutoencoderError) -> [Int]

  /// The tensors that latents depend on: the encoder's weights, and statistics where there are any.
  var latentWeights: [Tensor] { get }

  /// Maps pictures `[B, 3, H, W]` in ``pixelRange`` to latents `[B, C, h, w]` as the diffusion model
  /// sees them, without noise.
  func encode(_ images: Tensor) -> Tensor

  /// Maps latents `[B, C, h, w]` to pictures `[B, 3, H, W]`, which may leave ``pixelRange`` a
  /// little.
  func decode(_ latents: Tensor) -> Tensor
}

/// A picture that an autoencoder cannot take.
public enum AutoencoderError: Error, Equatable, CustomStringConvertible {
  /// A side is not a multiple of what the network reduces it by; the size is `[width, height]`.
  case size([Int], multiple: Int)
  /// The size, `[width, height]`, is another than that of the latents' statistics.
  case fixedSize([Int], expected: [Int])
  /// A latent has a shape, `[C, h, w]`, that the decoder does not take; `expected` says which it does.
  case latent([Int], expected: String)

  /// The fault and the mend.
  public var description: String {
    switch self {
    case .size(let size, let multiple):
      "pictures of \(size[0])x\(size[1]) pixels: both sides must be multiples of \(multiple)"
    case .fixedSize(let size, let expected):
      "\(size[0])x\(size[1]): the autoencoder takes \(expected[0])x\(expected[1])"
    case .latent(let shape, let expected):
      "latents of shape \(shape): the autoencoder takes \(expected)"
    }
  }
}

/// Returns the results of `body` for each sample, which bounds the memory by that of one.
///
/// A sample has the same bits in any batch, so the result is that of the whole.
func oneByOne(_ batch: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
  precondition(batch.shape.first ?? 0 > 0, "a batch of shape \(batch.shape)")
  return .concatenation((0..<batch.shape[0]).map { body(batch.samples($0..<$0 + 1)) })
}

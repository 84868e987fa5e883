import MixFlowTensor

/// RAE's decoder: a transformer that turns image features into pixels (`GeneralDecoder`).
public struct ViTDecoder {
  /// The sizes.
  public let configuration: ViTDecoderConfiguration
  /// All parameters, under the keys of the published files.
  public let parameters: [Parameter]
  private let embed: Linear
  private let positions: Parameter
  private let classToken: Parameter?
  private let layers: [ViTDecoderLayer]
  private let norm: LayerNormLayer
  private let prediction: Linear

  /// The epsilon of all its normalisations.
  static let eps: Float = 1e-12

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - configuration: The sizes.
  ///   - hasClassToken: Whether the source has `trainable_cls_token`; without it the token is zero,
  ///     as upstream leaves it.
  ///   - source: Where the values of the parameters come from.
  /// - Throws: ``ModelConfigurationError``, or what the source throws.
  public init(
    _ configuration: ViTDecoderConfiguration, hasClassToken: Bool = true,
    from source: any ParameterSource
  ) throws {
    try configuration.validate()
    self.configuration = configuration
    let scope = ParameterScope(source: source)
    let (width, grid) = (configuration.width, configuration.grid)
    embed = try Linear(
      inputs: configuration.latentWidth, outputs: width, in: scope.child("decoder_embed"))
    positions = try scope.parameter(
      "decoder_pos_embed", shape: [1, 1 + configuration.tokens, width],
      initializer: .values {
        .prepending(
          Tensor(zeros: [1, width]),
          to: sinCosPositions(width: width, grid: grid).reshaped([1, grid * grid, width]))
      }, isTrainable: false)
    classToken =
      hasClassToken
      ? try scope.parameter("trainable_cls_token", shape: [1, 1, width], initializer: .zeros) : nil
    layers = try (0..<configuration.depth).map {
      try ViTDecoderLayer(configuration, in: scope.child("decoder_layers").child("\($0)"))
    }
    norm = try LayerNormLayer(width: width, eps: Self.eps, in: scope.child("decoder_norm"))
    prediction = try Linear(
      inputs: width,
      outputs: configuration.patchSize * configuration.patchSize
        * configuration.imageChannels,
      in: scope.child("decoder_pred"))
    parameters = scope.parameters
  }

  /// Predicts the pixels of each token's patch.
  ///
  /// - Parameters:
  ///   - tokens: `[B, T, latentWidth]`, row by row; another square grid than the decoder's is
  ///     interpolated to it.
  ///   - tape: Records what the backward pass needs; nil for inference.
  /// - Returns: `[B, grid², p · p · 3]`, patches ordered (y, x, channel).
  public func callAsFunction(_ tokens: Variable, on tape: Tape?) -> Variable {
    let embedded = onGrid(embed(tokens, on: tape))
    let first =
      classToken?.variable(on: tape)
      ?? Variable(constant: Tensor(zeros: [1, 1, configuration.width]))
    var x = addPositions(prepend(first, to: embedded), positions.variable(on: tape))
    for layer in layers { x = layer(x, on: tape) }
    return MixFlowTensor.tokens(
      prediction(norm(x, on: tape), on: tape), 1..<1 + configuration.tokens)
  }

  /// Predicts the pixels of each token's patch, `[B, T, latentWidth]` → `[B, grid², p · p · 3]`.
  public func callAsFunction(_ tokens: Tensor) -> Tensor {
    self(Variable(constant: tokens), on: nil).value
  }

  /// Returns the pictures `[B, 3, H, W]` of predicted patches.
  public func images(of patches: Tensor) -> Tensor {
    let side = configuration.grid * configuration.patchSize
    return unpatchify(
      Variable(constant: patches), patch: configuration.patchSize,
      channels: configuration.imageChannels, height: side, width: side
    ).value
  }

  private func onGrid(_ tokens: Variable) -> Variable {
    let (count, width, grid) = (tokens.shape[1], tokens.shape[2], configuration.grid)
    guard count != configuration.tokens else { return tokens }
    let side = Int(Double(count).squareRoot().rounded())
    precondition(side * side == count, "tokens \(tokens.shape) are no square grid")
    let image = unpatchify(tokens, patch: 1, channels: width, height: side, width: side)
    return patchify(resize(image, height: grid, width: grid, filter: .bilinear), patch: 1)
  }
}

/// A layer of the decoder, `h += attention(LN(h))`, then `h += mlp(LN(h))` (transformers' `ViTLayer`).
struct ViTDecoderLayer {
  private let attention: ThreefoldAttention
  private let intermediate: Linear
  private let output: Linear
  private let normBefore: LayerNormLayer
  private let normAfter: LayerNormLayer

  /// Registers the layer under `scope`.
  init(_ configuration: ViTDecoderConfiguration, in scope: ParameterScope) throws {
    let (width, hidden) = (configuration.width, configuration.hidden)
    attention = try ThreefoldAttention(
      width: width, heads: configuration.heads, in: scope.child("attention"))
    intermediate = try Linear(
      inputs: width, outputs: hidden, in: scope.child("intermediate").child("dense"))
    output = try Linear(inputs: hidden, outputs: width, in: scope.child("output").child("dense"))
    normBefore = try LayerNormLayer(
      width: width, eps: ViTDecoder.eps, in: scope.child("layernorm_before"))
    normAfter = try LayerNormLayer(
      width: width, eps: ViTDecoder.eps, in: scope.child("layernorm_after"))
  }

  /// Maps `[B, T, D]` to itself.
  func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    let x = x + attention(normBefore(x, on: tape), on: tape)
    return x
      + output(gelu(intermediate(normAfter(x, on: tape), on: tape), form: .erf), on: tape)
  }
}

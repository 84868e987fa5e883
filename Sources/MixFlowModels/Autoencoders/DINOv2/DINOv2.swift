import MixFlowTensor

/// DINOv2 (Oquab et al., 2024), with registers (Darcet et al., 2024) or without, for inference.
///
/// Parameters carry the keys of transformers' files; ``DINOv2HubParameters`` reads the official ones.
public struct DINOv2 {
  /// The sizes.
  public let configuration: DINOv2Configuration
  /// All parameters, under the keys of the published files.
  public let parameters: [Parameter]
  private let embeddings: DINOv2Embeddings
  private let layers: [DINOv2Layer]
  private let norm: LayerNormLayer?

  /// The epsilon of all its normalisations.
  static let eps: Float = 1e-6

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - configuration: The sizes.
  ///   - hasFinalGain: Whether the last normalisation has a gain and a shift; published files do,
  ///     those that RAE saved do not.
  ///   - source: Where the values of the parameters come from.
  /// - Throws: ``ModelConfigurationError``, or what the source throws.
  public init(
    _ configuration: DINOv2Configuration, hasFinalGain: Bool = true,
    from source: any ParameterSource
  ) throws {
    try configuration.validate()
    self.configuration = configuration
    let scope = ParameterScope(source: source)
    embeddings = try DINOv2Embeddings(configuration, in: scope.child("embeddings"))
    layers = try (0..<configuration.depth).map {
      try DINOv2Layer(configuration, in: scope.child("encoder").child("layer").child("\($0)"))
    }
    norm =
      hasFinalGain
      ? try LayerNormLayer(
        width: configuration.width, eps: Self.eps, in: scope.child("layernorm")) : nil
    parameters = scope.parameters
  }

  /// Returns transformers' `last_hidden_state`: the class token, the registers and the patches, row
  /// by row.
  ///
  /// - Parameter images: `[B, 3, H, W]` after ImageNet's normalisation, sides multiples of a patch.
  /// - Returns: `[B, 1 + R + T, D]`.
  public func callAsFunction(_ images: Tensor) -> Tensor {
    let x = hidden(images)
    return (norm?(x, on: nil) ?? layerNorm(x, weight: nil, bias: nil, eps: Self.eps)).value
  }

  /// Returns the patch tokens after a last normalisation without gain and shift, as RAE uses them.
  ///
  /// - Parameter images: `[B, 3, H, W]` after ImageNet's normalisation, sides multiples of a patch.
  /// - Returns: `[B, T, D]`, row by row.
  public func patchTokens(_ images: Tensor) -> Tensor {
    let x = layerNorm(hidden(images), weight: nil, bias: nil, eps: Self.eps).value
    return x.tokens(1 + configuration.registers..<x.shape[1])
  }

  /// Returns the patch tokens after the last normalisation, the official `x_norm_patchtokens`.
  ///
  /// - Parameter images: `[B, 3, H, W]` after ImageNet's normalisation, sides multiples of a patch.
  /// - Returns: `[B, T, D]`, row by row.
  public func normalizedPatchTokens(_ images: Tensor) -> Tensor {
    let x = self(images)
    return x.tokens(1 + configuration.registers..<x.shape[1])
  }

  /// Returns the position table for pictures of a size, `[1, 1 + T, D]`, the class token's row
  /// first.
  package func positions(height: Int, width: Int) -> Tensor {
    embeddings.positions(height: height, width: width)
  }

  private func hidden(_ images: Tensor) -> Variable {
    layers.reduce(Variable(constant: embeddings(images))) { $1($0) }
  }
}

/// A layer of DINOv2, `h += λ₁ attention(LN(h))`, then `h += λ₂ mlp(LN(h))`.
struct DINOv2Layer {
  private let norm1: LayerNormLayer
  private let attention: ThreefoldAttention
  private let scale1: Parameter
  private let norm2: LayerNormLayer
  private let fc1: Linear
  private let fc2: Linear
  private let scale2: Parameter

  /// Registers the layer under `scope`.
  init(_ configuration: DINOv2Configuration, in scope: ParameterScope) throws {
    let (width, hidden) = (configuration.width, configuration.mlpRatio * configuration.width)
    norm1 = try LayerNormLayer(width: width, eps: DINOv2.eps, in: scope.child("norm1"))
    attention = try ThreefoldAttention(
      width: width, heads: configuration.heads, in: scope.child("attention"))
    scale1 = try scope.child("layer_scale1").parameter(
      "lambda1", shape: [width], initializer: .ones)
    norm2 = try LayerNormLayer(width: width, eps: DINOv2.eps, in: scope.child("norm2"))
    fc1 = try Linear(inputs: width, outputs: hidden, in: scope.child("mlp").child("fc1"))
    fc2 = try Linear(inputs: hidden, outputs: width, in: scope.child("mlp").child("fc2"))
    scale2 = try scope.child("layer_scale2").parameter(
      "lambda1", shape: [width], initializer: .ones)
  }

  /// Maps `[B, T, D]` to itself.
  func callAsFunction(_ x: Variable) -> Variable {
    let x = residual(x, attention(norm1(x, on: nil), on: nil), scale1)
    return residual(x, fc2(gelu(fc1(norm2(x, on: nil), on: nil), form: .erf), on: nil), scale2)
  }

  /// Returns `x + scale · branch`, as a gated residual whose gate is that of all rows.
  private func residual(_ x: Variable, _ branch: Variable, _ scale: Parameter) -> Variable {
    let (rows, width) = (x.shape[0] * x.shape[1], x.shape[2])
    let y = gatedResidual(
      reshape(x, [1, rows, width]), reshape(branch, [1, rows, width]),
      modulation: reshape(scale.variable(on: nil), [1, width]), gate: 0)
    return reshape(y, x.shape)
  }
}

import MixFlowTensor

/// The scalable interpolant transformer (Ma et al., 2024; willisma/SiT `models.py`).
///
/// Parameters carry the keys of the official state dict in its order.
public struct SiT {
  /// The sizes and options.
  public let configuration: SiTConfiguration
  /// All parameters, the fixed `pos_embed` first.
  public let parameters: [Parameter]
  private let positions: Parameter
  private let patchEmbedding: PatchEmbedding
  private let timestepEmbedder: TimestepEmbedder
  private let labelEmbedder: LabelEmbedder
  let blocks: [TransformerBlock]
  let finalLayer: FinalLayer

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - configuration: The sizes and options.
  ///   - source: Where the values of the parameters come from.
  /// - Throws: ``ModelConfigurationError``, or what the source throws.
  public init(_ configuration: SiTConfiguration, from source: any ParameterSource) throws {
    try configuration.validate()
    self.configuration = configuration
    let scope = ParameterScope(source: source)
    let (width, tokens, grid) = (configuration.width, configuration.tokens, configuration.grid)
    positions = try scope.parameter(
      "pos_embed", shape: [1, tokens, width],
      initializer: .values { sinCosPositions(width: width, grid: grid) },
      isTrainable: false)
    patchEmbedding = try PatchEmbedding(
      channels: configuration.inChannels, patch: configuration.patchSize, width: width,
      in: scope.child("x_embedder"))
    timestepEmbedder = try TimestepEmbedder(width: width, in: scope.child("t_embedder"))
    labelEmbedder = try LabelEmbedder(
      rows: configuration.classCount + (configuration.hasNullClass ? 1 : 0), width: width,
      in: scope.child("y_embedder"))
    let options = TransformerBlock.Options(
      width: width, heads: configuration.heads, mlpRatio: configuration.mlpRatio)
    blocks = try (0..<configuration.depth).map {
      try TransformerBlock(options, in: scope.child("blocks").child("\($0)"))
    }
    finalLayer = try FinalLayer(
      width: width,
      outputs: configuration.patchSize * configuration.patchSize * configuration.outChannels,
      in: scope.child("final_layer"))
    parameters = scope.parameters
  }

  /// Predicts the velocity (or noise, or score: whatever the model was trained for).
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - t: Times `[B]`, in the model's own convention (0 noise, 1 data).
  ///   - labels: Classes `[B]`; ``SiTConfiguration/nullClass`` for none.
  ///   - tape: Where to record the computation, or nil to infer.
  /// - Returns: `[B, C, H, W]`.
  public func callAsFunction(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape? = nil
  ) -> Variable {
    precondition(x.shape.first == t.count, "SiT: states \(x.shape), \(t.count) times")
    let conditioning = conditioningVector(t: t, labels: labels, on: tape)
    var tokens = tokens(of: x, on: tape)
    for block in blocks { tokens = block(tokens, conditioning, on: tape) }
    return images(of: finalLayer(tokens, conditioning, on: tape))
  }

  /// Returns what times and classes `[B]` modulate all layers by, `[B, D]`, after its SiLU.
  func conditioningVector(t: [Float], labels: [Int], on tape: Tape?) -> Variable {
    precondition(t.count == labels.count, "SiT: \(t.count) times, \(labels.count) labels")
    return silu(timestepEmbedder(t, on: tape) + labelEmbedder(labels, on: tape))
  }

  /// Returns the tokens `[copies · B, T, D]` of states `[B, C, H, W]`.
  func tokens(of x: Variable, copies: Int = 1, on tape: Tape?) -> Variable {
    precondition(x.shape.dropFirst() == sampleShape[...], "SiT: states \(x.shape)")
    return addPositions(
      patchEmbedding(x, on: tape), positions.variable(on: tape), copies: copies)
  }

  /// Returns the images `[B, C, H, W]` of patches `[B, T, p · p · C_out]`.
  func images(of patches: Variable) -> Variable {
    unpatchify(
      patches, patch: configuration.patchSize, channels: configuration.inChannels,
      height: configuration.inputSize, width: configuration.inputSize)
  }
}

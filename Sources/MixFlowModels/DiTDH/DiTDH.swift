import MixFlowTensor

/// A diffusion transformer with a wide, shallow head: DiT^DH (Zheng et al., 2025; RAE
/// `stage2/models/DDT.py`, `DiTwDDTHead`).
///
/// The encoder makes a conditioning for each token from the state, the time and the class; the
/// decoder predicts from the state and that conditioning. Parameters and buffers carry the keys of
/// the official state dict in its order.
public struct DiTDH: ClassConditionalModel {
  /// The sizes and options.
  public let configuration: DiTDHConfiguration
  /// All parameters and buffers.
  public let stateDictEntries: [StateDictEntry]
  private let positions: Parameter?
  private let patchEmbedding: PatchEmbedding
  private let encoderPatchEmbedding: PatchEmbedding
  private let projector: Linear?
  let timeEmbedder: FourierEmbedder
  private let labelEmbedder: LabelEmbedder
  private let finalLayer: FinalLayer
  let encoder: [TransformerBlock]
  private let decoder: [TransformerBlock]

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - configuration: The sizes and options.
  ///   - source: Where the values of parameters and buffers come from.
  /// - Throws: ``ModelConfigurationError``, or what the source throws.
  public init(_ configuration: DiTDHConfiguration, from source: any ParameterSource) throws {
    try configuration.validate()
    self.configuration = configuration
    let scope = ParameterScope(source: source)
    let (first, second) = (configuration.encoder, configuration.decoder)
    let (channels, grid) = (configuration.inChannels, configuration.inputSize)
    positions =
      configuration.usesPositions
      ? try scope.parameter(
        "pos_embed", shape: [1, configuration.tokens, first.width],
        initializer: .values { sinCosPositions(width: first.width, grid: grid) },
        isTrainable: configuration.trainsPositions) : nil
    patchEmbedding = try PatchEmbedding(
      channels: channels, patch: 1, width: second.width, in: scope.child("x_embedder"))
    encoderPatchEmbedding = try PatchEmbedding(
      channels: channels, patch: 1, width: first.width, in: scope.child("s_embedder"))
    projector =
      first.width == second.width
      ? nil
      : try Linear(
        inputs: first.width, outputs: second.width, start: .uniform, in: scope.child("s_projector"))
    timeEmbedder = try FourierEmbedder(
      width: first.width, trainsFrequencies: configuration.trainsFrequencies,
      start: .normalUniformBias, in: scope.child("t_embedder"))
    labelEmbedder = try LabelEmbedder(
      rows: configuration.classCount + (configuration.hasNullClass ? 1 : 0), width: first.width,
      in: scope.child("y_embedder"))
    finalLayer = try FinalLayer(
      width: second.width, outputs: channels, normalization: configuration.normalization,
      in: scope.child("final_layer"))
    let encoderRotary = try RotaryEmbedding(
      headWidth: first.width / first.heads, grid: grid, in: scope.child("enc_feat_rope"))
    let decoderRotary = try RotaryEmbedding(
      headWidth: second.width / second.heads, grid: grid, in: scope.child("dec_feat_rope"))
    let blocks = scope.child("blocks")
    encoder = try (0..<first.depth).map { index in
      try TransformerBlock(
        configuration.block(of: first), rotary: encoderRotary.table, in: blocks.child("\(index)"))
    }
    decoder = try (0..<second.depth).map { index in
      try TransformerBlock(
        configuration.block(of: second), rotary: decoderRotary.table,
        in: blocks.child("\(first.depth + index)"))
    }
    stateDictEntries = scope.entries
  }

  /// Predicts.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - t: Times `[B]`, in RAE's convention (0 data, 1 noise).
  ///   - labels: Classes `[B]`; ``DiTDHConfiguration/nullClass`` for none.
  ///   - tape: Where to record the computation, or nil to infer.
  /// - Returns: `[B, C, H, W]`.
  public func callAsFunction(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape? = nil
  ) -> Variable {
    precondition(x.shape.first == t.count, "DiTDH: states \(x.shape), \(t.count) times")
    let time = timeEmbedder(t, on: tape)
    let conditioning = conditioningVector(time: time, labels: labels, on: tape)
    var encoded = encoderTokens(of: x, copies: 1, on: tape)
    for block in encoder { encoded = block(encoded, conditioning, on: tape) }
    return decoded(encoded, time: time, tokens: patchEmbedding(x, on: tape), on: tape)
  }

  /// Returns what the embeddings of times `[B, D]` and classes modulate the encoder by, `[B, D]`.
  ///
  /// Upstream applies SiLU to the sum, and each modulation applies its own to that.
  func conditioningVector(time: Variable, labels: [Int], on tape: Tape?) -> Variable {
    precondition(time.shape[0] == labels.count, "DiTDH: \(time.shape[0]) times, \(labels) labels")
    return silu(silu(time + labelEmbedder(labels, on: tape)))
  }

  /// Returns the encoder's tokens `[copies · B, T, D]` of states `[B, C, H, W]`.
  func encoderTokens(of x: Variable, copies: Int, on tape: Tape?) -> Variable {
    precondition(x.shape.dropFirst() == sampleShape[...], "DiTDH: states \(x.shape)")
    let tokens = encoderPatchEmbedding(x, on: tape)
    guard let positions else { return repeated(tokens, copies: copies) }
    return addPositions(tokens, positions.variable(on: tape), copies: copies)
  }

  /// Returns the decoder's tokens `[copies · B, T, D]` of states `[B, C, H, W]`.
  func decoderTokens(of x: Tensor, copies: Int) -> Variable {
    repeated(patchEmbedding(Variable(constant: x), on: nil), copies: copies)
  }

  /// Predicts from what the encoder made.
  ///
  /// - Parameters:
  ///   - encoded: What the encoder made of its tokens, `[B, T, D_e]`.
  ///   - time: The embeddings of the times, `[B, D_e]`.
  ///   - tokens: The decoder's tokens, `[B, T, D_d]`.
  ///   - tape: Where to record the computation, or nil to infer.
  /// - Returns: `[B, C, H, W]`.
  func decoded(
    _ encoded: Variable, time: Variable, tokens: Variable, on tape: Tape?
  ) -> Variable {
    let summed = silu(addRows(encoded, time))
    // The second SiLU is that of the modulations, which all have it of the same tokens.
    let conditioning = silu(projector?(summed, on: tape) ?? summed)
    var tokens = tokens
    for block in decoder { tokens = block(tokens, conditioning, on: tape) }
    return unpatchify(
      finalLayer(tokens, conditioning, on: tape), patch: 1, channels: configuration.inChannels,
      height: configuration.inputSize, width: configuration.inputSize)
  }

  /// Returns copies of a batch one after another; guidance infers with two.
  private func repeated(_ x: Variable, copies: Int) -> Variable {
    guard copies > 1 else { return x }
    return Variable(constant: .concatenation(Array(repeating: x.value, count: copies)))
  }
}

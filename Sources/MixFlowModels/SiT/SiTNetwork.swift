import MixFlowTensor

/// The network of SiT, DiT and REPA's SiT: patches to tokens, blocks that time and class modulate,
/// and back to images.
public struct SiTNetwork {
  /// The sizes and options.
  public let configuration: SiTConfiguration
  /// The channels of the output: all that the last layer predicts, or the first of them.
  public let outputChannels: Int
  private let positions: Parameter
  private let patchEmbedding: PatchEmbedding
  private let timestepEmbedder: TimestepEmbedder
  private let labelEmbedder: LabelEmbedder
  let blocks: [TransformerBlock]
  let finalLayer: FinalLayer

  /// Registers all layers under `scope`, in the order of the official state dicts.
  ///
  /// - Parameters:
  ///   - configuration: The sizes and options.
  ///   - outputChannels: The channels to return, at most those of the last layer.
  ///   - qkNorm: Whether the blocks' attention normalises queries and keys.
  ///   - scope: Where the parameters go.
  ///   - beforeLastLayer: Registers what stands between the blocks and the last layer.
  /// - Throws: ``ModelConfigurationError``, or what the source of the parameters throws.
  init(
    _ configuration: SiTConfiguration, outputChannels: Int, qkNorm: Bool = false,
    in scope: ParameterScope, beforeLastLayer: () throws -> Void = {}
  ) throws {
    try configuration.validate()
    self.configuration = configuration
    self.outputChannels = outputChannels
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
      width: width, heads: configuration.heads, mlpRatio: configuration.mlpRatio,
      normalizesQueriesAndKeys: qkNorm)
    blocks = try (0..<configuration.depth).map {
      try TransformerBlock(options, in: scope.child("blocks").child("\($0)"))
    }
    try beforeLastLayer()
    finalLayer = try FinalLayer(
      width: width,
      outputs: configuration.patchSize * configuration.patchSize * configuration.outChannels,
      in: scope.child("final_layer"))
  }

  /// Maps states, times and classes to an output.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - t: Times `[B]`, in the model's own convention.
  ///   - labels: Classes `[B]`; ``SiTConfiguration/nullClass`` for none.
  ///   - tape: Where to record the computation, or nil to infer.
  ///   - observer: Called with the number of each block, from 1, and the tokens `[B, T, D]` after it.
  /// - Returns: `[B, outputChannels, H, W]`.
  func callAsFunction(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape?,
    observer: (_ block: Int, _ tokens: Variable) -> Void = { _, _ in }
  ) -> Variable {
    precondition(x.shape.first == t.count, "SiT: states \(x.shape), \(t.count) times")
    let conditioning = conditioningVector(t: t, labels: labels, on: tape)
    var tokens = tokens(of: x, on: tape)
    for (index, block) in blocks.enumerated() {
      tokens = block(tokens, conditioning, on: tape)
      observer(index + 1, tokens)
    }
    return images(of: finalLayer(tokens, conditioning, on: tape))
  }

  /// Returns what times and classes `[B]` modulate all layers by, `[B, D]`, after its SiLU.
  func conditioningVector(t: [Float], labels: [Int], on tape: Tape?) -> Variable {
    precondition(t.count == labels.count, "SiT: \(t.count) times, \(labels.count) labels")
    return silu(timestepEmbedder(t, on: tape) + labelEmbedder(labels, on: tape))
  }

  /// Returns the tokens `[copies · B, T, D]` of states `[B, C, H, W]`.
  func tokens(of x: Variable, copies: Int = 1, on tape: Tape?) -> Variable {
    precondition(x.shape.dropFirst() == configuration.sampleShape[...], "SiT: states \(x.shape)")
    return addPositions(
      patchEmbedding(x, on: tape), positions.variable(on: tape), copies: copies)
  }

  /// Returns the images `[B, outputChannels, H, W]` of patches `[B, T, p · p · C_out]`.
  func images(of patches: Variable) -> Variable {
    unpatchify(
      patches, patch: configuration.patchSize, channels: outputChannels,
      height: configuration.inputSize, width: configuration.inputSize)
  }
}

import MixFlowTensor

/// SiT with random Fourier features of time, RMSNorm, SwiGLU and rotary positions (Yao et al., 2025;
/// RAE `stage2/models/lightningDiT.py`).
///
/// Parameters and buffers carry the keys of the official state dict in its order.
public struct LightningDiT: ClassConditionalModel {
  /// The sizes and options.
  public let configuration: LightningDiTConfiguration
  /// All parameters and buffers.
  public let stateDictEntries: [StateDictEntry]
  private let positions: Parameter
  private let patchEmbedding: PatchEmbedding
  private let timeEmbedder: FourierEmbedder
  private let labelEmbedder: LabelEmbedder
  private let blocks: [TransformerBlock]
  private let finalLayer: FinalLayer

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - configuration: The sizes and options.
  ///   - source: Where the values of parameters and buffers come from.
  /// - Throws: ``ModelConfigurationError``, or what the source throws.
  public init(_ configuration: LightningDiTConfiguration, from source: any ParameterSource) throws {
    try configuration.validate()
    self.configuration = configuration
    let scope = ParameterScope(source: source)
    let (width, grid) = (configuration.width, configuration.grid)
    positions = try scope.parameter(
      "pos_embed", shape: [1, configuration.tokens, width],
      initializer: .values { sinCosPositions(width: width, grid: grid) },
      isTrainable: configuration.trainsPositions)
    patchEmbedding = try PatchEmbedding(
      channels: configuration.inChannels, patch: configuration.patchSize, width: width,
      in: scope.child("x_embedder"))
    timeEmbedder = try FourierEmbedder(
      width: width, trainsFrequencies: configuration.trainsFrequencies, start: .normal,
      in: scope.child("t_embedder"))
    labelEmbedder = try LabelEmbedder(
      rows: configuration.classCount + (configuration.hasNullClass ? 1 : 0), width: width,
      in: scope.child("y_embedder"))
    let rotary =
      configuration.usesRoPE
      ? try RotaryEmbedding(
        headWidth: width / configuration.heads, grid: grid, in: scope.child("feat_rope")) : nil
    blocks = try (0..<configuration.depth).map {
      try TransformerBlock(
        configuration.block, rotary: rotary?.table, in: scope.child("blocks").child("\($0)"))
    }
    finalLayer = try FinalLayer(
      width: width, outputs: configuration.patchOutputs,
      normalization: configuration.normalization, in: scope.child("final_layer"))
    stateDictEntries = scope.entries
  }

  /// Predicts.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - t: Times `[B]`, in RAE's convention (0 data, 1 noise).
  ///   - labels: Classes `[B]`; ``LightningDiTConfiguration/nullClass`` for none.
  ///   - tape: Where to record the computation, or nil to infer.
  /// - Returns: `[B, C, H, W]`.
  public func callAsFunction(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape? = nil
  ) -> Variable {
    precondition(x.shape.first == t.count, "LightningDiT: states \(x.shape), \(t.count) times")
    let conditioning = conditioningVector(t: t, labels: labels, on: tape)
    var tokens = tokens(of: x, on: tape)
    for block in blocks { tokens = block(tokens, conditioning, on: tape) }
    return images(of: finalLayer(tokens, conditioning, on: tape))
  }

  private func conditioningVector(t: [Float], labels: [Int], on tape: Tape?) -> Variable {
    precondition(t.count == labels.count, "LightningDiT: \(t.count) times, \(labels.count) labels")
    return silu(timeEmbedder(t, on: tape) + labelEmbedder(labels, on: tape))
  }

  private func tokens(of x: Variable, copies: Int = 1, on tape: Tape?) -> Variable {
    precondition(x.shape.dropFirst() == sampleShape[...], "LightningDiT: states \(x.shape)")
    return addPositions(patchEmbedding(x, on: tape), positions.variable(on: tape), copies: copies)
  }

  private func images(of patches: Variable) -> Variable {
    unpatchify(
      patches, patch: configuration.patchSize, channels: configuration.inChannels,
      height: configuration.inputSize, width: configuration.inputSize)
  }
}

extension LightningDiT {
  /// All parameters, in the order of the official state dict.
  public var parameters: [Parameter] { stateDictEntries.compactMap(\.parameter) }
  /// The shape of one sample, `[C, H, W]`.
  public var sampleShape: [Int] {
    [configuration.inChannels, configuration.inputSize, configuration.inputSize]
  }
  /// The number of classes, the null class not counted.
  public var classCount: Int { configuration.classCount }
  /// The label that stands for no class, or nil when the model has none.
  public var nullClass: Int? { configuration.nullClass }

  /// The numbers that a pair of a time and a class is prepared to.
  public var conditioningWidth: Int { modulations.reduce(0) { $0 + $1.outputs } }

  /// Prepares pairs of a time and a class for ``callAsFunction(_:_:)``: the modulations of all layers.
  public func conditioning(t: [Float], labels: [Int]) -> PreparedConditioning {
    let vector = conditioningVector(t: t, labels: labels, on: nil)
    return PreparedConditioning(modulations: modulations.map { $0(vector, on: nil).value })
  }

  /// Predicts for times and classes that were prepared, in the bits of
  /// ``callAsFunction(_:t:labels:on:)``.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - conditioning: The conditioning of `B` samples or of a multiple of `B`.
  /// - Returns: `[conditioning.sampleCount, C, H, W]`.
  public func callAsFunction(_ x: Tensor, _ conditioning: PreparedConditioning) -> Tensor {
    var tokens = tokens(of: Variable(constant: x), copies: conditioning.copies(of: x), on: nil)
    for (index, block) in blocks.enumerated() {
      tokens = block(tokens, modulation: conditioning.modulation(index), on: nil)
    }
    let last = conditioning.modulation(blocks.count)
    return images(of: finalLayer(tokens, modulation: last, on: nil)).value
  }

  private var modulations: [Modulation] { blocks.map(\.modulation) + [finalLayer.modulation] }
}

import MixFlowTensor

/// A transformer block whose normalisations and residuals are modulated by the conditioning
/// (adaLN-Zero).
///
/// SiT, DiT, LightningDiT and DiT-DH differ in its ``Options`` alone.
public struct TransformerBlock {
  private let attentionNormalization: ModulatedNormalization
  private let attention: SelfAttention
  private let feedForwardNormalization: ModulatedNormalization
  private let feedForward: FeedForward
  let modulation: Modulation

  /// The chunks of the modulation, in the order of the checkpoint.
  private enum Chunk {
    static let (shiftAttention, scaleAttention, gateAttention) = (0, 1, 2)
    static let (shiftFeedForward, scaleFeedForward, gateFeedForward) = (3, 4, 5)
    static let count = 6
  }

  /// Registers `norm1`, `norm2`, `attn`, `mlp` and `adaLN_modulation.1` under `scope`.
  ///
  /// - Parameters:
  ///   - options: The sizes and kinds of the layers.
  ///   - rotary: The angles by which queries and keys are turned, or nil.
  ///   - scope: Where the parameters are registered.
  /// - Throws: What the source of the parameters throws.
  public init(_ options: Options, rotary: RotaryTable? = nil, in scope: ParameterScope) throws {
    let (width, kind) = (options.width, options.normalization)
    attentionNormalization = try ModulatedNormalization(
      kind, width: width, in: scope.child("norm1"))
    feedForwardNormalization = try ModulatedNormalization(
      kind, width: width, in: scope.child("norm2"))
    attention = try SelfAttention(
      width: width, heads: options.heads,
      normalization: options.normalizesQueriesAndKeys ? kind : nil, rotary: rotary,
      start: options.start, in: scope.child("attn"))
    feedForward = try FeedForward(
      width: width, ratio: options.mlpRatio, isGated: options.isGated, start: options.start,
      in: scope.child("mlp"))
    modulation = try Modulation(width: width, chunks: Chunk.count, in: scope)
  }

  /// Maps tokens `[B, T, D]` to tokens, given the activated conditioning, `[B, D]`, or `[B, T, D]`
  /// where each token has its own.
  public func callAsFunction(_ x: Variable, _ conditioning: Variable, on tape: Tape?) -> Variable {
    if let tape, tape.activations != .kept {
      // Both runs of the block are on other tapes, which keep what they need.
      return checkpointed([x, conditioning], on: tape) { self($0[0], $0[1], on: $1) }
    }
    return self(x, modulation: modulation(conditioning, on: tape), on: tape)
  }

  /// Maps tokens `[B, T, D]` to tokens, given the chunks of the modulation `[..., 6 D]`.
  func callAsFunction(_ x: Variable, modulation m: Variable, on tape: Tape?) -> Variable {
    let attended = attention(
      attentionNormalization(
        x, modulation: m, shift: Chunk.shiftAttention, scale: Chunk.scaleAttention, on: tape),
      on: tape)
    let h = gatedResidual(x, attended, modulation: m, gate: Chunk.gateAttention)
    let fed = feedForward(
      feedForwardNormalization(
        h, modulation: m, shift: Chunk.shiftFeedForward, scale: Chunk.scaleFeedForward, on: tape),
      on: tape)
    return gatedResidual(h, fed, modulation: m, gate: Chunk.gateFeedForward)
  }
}

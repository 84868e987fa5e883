import MixFlowTensor

/// A transformer block whose normalisations and residuals are modulated by the conditioning
/// (adaLN-Zero).
public struct SiTBlock {
  private let attention: SelfAttention
  private let mlp: MLP
  let modulation: Modulation

  /// The chunks of the modulation, in the order of the checkpoint.
  private enum Chunk {
    static let (shiftAttention, scaleAttention, gateAttention) = (0, 1, 2)
    static let (shiftMLP, scaleMLP, gateMLP) = (3, 4, 5)
    static let count = 6
  }

  /// Registers `attn`, `mlp` and `adaLN_modulation.1` under `scope`.
  ///
  /// - Parameters:
  ///   - configuration: The sizes.
  ///   - qkNorm: Whether attention normalises queries and keys, as an option of REPA's SiT does.
  ///   - scope: Where the parameters go.
  /// - Throws: What the source of the parameters throws.
  public init(_ configuration: SiTConfiguration, qkNorm: Bool = false, in scope: ParameterScope)
    throws
  {
    let width = configuration.width
    attention = try SelfAttention(
      width: width, heads: configuration.heads, in: scope.child("attn"))
    mlp = try MLP(width: width, hidden: width * configuration.mlpRatio, in: scope.child("mlp"))
    modulation = try Modulation(width: width, chunks: Chunk.count, in: scope)
  }

  /// Maps tokens `[B, T, D]` to tokens, given the activated conditioning `[B, D]`.
  public func callAsFunction(_ x: Variable, _ conditioning: Variable, on tape: Tape?) -> Variable {
    if let tape, tape.activations == .recomputed {
      // Both runs of the block are on other tapes, which keep what they need.
      return checkpointed([x, conditioning], on: tape) { self($0[0], $0[1], on: $1) }
    }
    return self(x, modulation: modulation(conditioning, on: tape), on: tape)
  }

  /// Maps tokens `[B, T, D]` to tokens, given the chunks of the modulation `[B, 6 D]`.
  func callAsFunction(_ x: Variable, modulation m: Variable, on tape: Tape?) -> Variable {
    let attended = attention(
      layerNormModulate(x, modulation: m, shift: Chunk.shiftAttention, scale: Chunk.scaleAttention),
      on: tape)
    let h = gatedResidual(x, attended, modulation: m, gate: Chunk.gateAttention)
    let fed = mlp(
      layerNormModulate(h, modulation: m, shift: Chunk.shiftMLP, scale: Chunk.scaleMLP), on: tape)
    return gatedResidual(h, fed, modulation: m, gate: Chunk.gateMLP)
  }
}

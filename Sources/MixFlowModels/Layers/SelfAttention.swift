import MixFlowTensor

/// Multi-head self-attention with one projection for queries, keys and values (timm's `Attention`,
/// RAE's `NormAttention`).
public struct SelfAttention {
  private let heads: Int
  private let rotary: RotaryTable?
  private let qkv: Linear
  private let normalizations: (query: HeadNormalization, key: HeadNormalization)?
  private let proj: Linear

  /// Registers `qkv`, `q_norm` and `k_norm` where wanted, and `proj` under `scope`.
  ///
  /// - Parameters:
  ///   - width: The width of a token, a multiple of `heads`.
  ///   - heads: The number of heads.
  ///   - normalization: How queries and keys are normalised, or nil.
  ///   - rotary: The angles by which queries and keys are turned, or nil.
  ///   - start: How the projections start.
  ///   - scope: Where the parameters are registered.
  /// - Throws: What the source of the parameters throws.
  public init(
    width: Int, heads: Int, normalization: NormalizationKind? = nil, rotary: RotaryTable? = nil,
    start: Linear.Start = .xavierUniform, in scope: ParameterScope
  ) throws {
    self.heads = heads
    self.rotary = rotary
    qkv = try Linear(inputs: width, outputs: 3 * width, start: start, in: scope.child("qkv"))
    normalizations = try normalization.map { kind in
      let headWidth = width / heads
      return (
        query: try HeadNormalization(kind, headWidth: headWidth, in: scope.child("q_norm")),
        key: try HeadNormalization(kind, headWidth: headWidth, in: scope.child("k_norm"))
      )
    }
    proj = try Linear(inputs: width, outputs: width, start: start, in: scope.child("proj"))
  }

  /// Maps `[B, T, width]` to itself.
  public func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    let packed = qkv(x, on: tape)
    guard let normalizations else {
      return proj(attention(turned(packed, heads: 2 * heads), heads: heads, keptOn: tape), on: tape)
    }
    let query = turned(normalizations.query(chunk(packed, 0, of: 3), on: tape), heads: heads)
    let key = turned(normalizations.key(chunk(packed, 1, of: 3), on: tape), heads: heads)
    let value = chunk(packed, 2, of: 3)
    return proj(
      attention(query: query, key: key, value: value, heads: heads, keptOn: tape), on: tape)
  }

  private func turned(_ x: Variable, heads: Int) -> Variable {
    guard let rotary else { return x }
    return rotate(x, by: rotary, leadingHeads: heads)
  }
}

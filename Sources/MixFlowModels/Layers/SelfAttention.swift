import MixFlowTensor

/// Multi-head self-attention with one projection for queries, keys and values (timm's `Attention`).
public struct SelfAttention {
  private let heads: Int
  private let qkv: Linear
  private let proj: Linear

  /// Registers `qkv` and `proj` under `scope`.
  public init(width: Int, heads: Int, in scope: ParameterScope) throws {
    self.heads = heads
    qkv = try Linear(inputs: width, outputs: 3 * width, in: scope.child("qkv"))
    proj = try Linear(inputs: width, outputs: width, in: scope.child("proj"))
  }

  /// Maps `[B, T, width]` to itself.
  public func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    proj(attention(qkv(x, on: tape), heads: heads, keptOn: tape), on: tape)
  }
}

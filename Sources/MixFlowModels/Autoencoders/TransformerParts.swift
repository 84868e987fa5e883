import MixFlowTensor

/// A layer normalisation with a gain and a shift.
struct LayerNormLayer {
  private let weight: Parameter
  private let bias: Parameter
  private let eps: Float

  /// Registers `weight` and `bias`, `[width]`, under `scope`.
  init(width: Int, eps: Float, in scope: ParameterScope) throws {
    weight = try scope.parameter("weight", shape: [width], initializer: .ones)
    bias = try scope.parameter("bias", shape: [width], initializer: .zeros)
    self.eps = eps
  }

  /// Maps `[..., width]` to itself.
  func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    layerNorm(x, weight: weight.variable(on: tape), bias: bias.variable(on: tape), eps: eps)
  }
}

/// Multi-head self-attention with three projections (transformers' `ViTAttention` before version 5).
struct ThreefoldAttention {
  private let heads: Int
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let output: Linear

  /// Registers `attention.query`, `attention.key`, `attention.value` and `output.dense` under
  /// `scope`.
  init(width: Int, heads: Int, in scope: ParameterScope) throws {
    self.heads = heads
    func projection(_ scope: ParameterScope) throws -> Linear {
      try Linear(inputs: width, outputs: width, in: scope)
    }
    let inner = scope.child("attention")
    query = try projection(inner.child("query"))
    key = try projection(inner.child("key"))
    value = try projection(inner.child("value"))
    output = try projection(scope.child("output").child("dense"))
  }

  /// Maps `[B, T, width]` to itself.
  func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    output(
      attention(
        query: query(x, on: tape), key: key(x, on: tape), value: value(x, on: tape), heads: heads),
      on: tape)
  }
}

import MixFlowTensor

/// The affine map `x Wᵀ + b`.
public struct Linear {
  private let weight: Parameter
  private let bias: Parameter

  /// How a layer of this kind starts in a fresh model.
  public enum Start: Sendable {
    /// Xavier-uniform weight, zero bias: SiT's and DiT's rule for all linear layers.
    case xavierUniform
    /// Normal weight of deviation 0.02, zero bias: their rule for the timestep embedder.
    case normal
    /// All zeros: their rule for adaLN projections and the last layer.
    case zeros
  }

  /// Registers `weight` `[outputs, inputs]` and `bias` `[outputs]` under `scope`.
  public init(inputs: Int, outputs: Int, start: Start = .xavierUniform, in scope: ParameterScope)
    throws
  {
    let initializer: Initializer =
      switch start {
      case .xavierUniform: .xavierUniform(fanIn: inputs, fanOut: outputs)
      case .normal: .normal(deviation: 0.02)
      case .zeros: .zeros
      }
    weight = try scope.parameter("weight", shape: [outputs, inputs], initializer: initializer)
    bias = try scope.parameter("bias", shape: [outputs], initializer: .zeros)
  }

  /// Maps `[..., inputs]` to `[..., outputs]`.
  public func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    linear(x, weight: weight.variable(on: tape), bias: bias.variable(on: tape), keptOn: tape)
  }

  /// Maps `[..., inputs]` to `[..., outputs]` and applies GELU (tanh form) in one operation.
  public func withGELU(_ x: Variable, on tape: Tape?) -> Variable {
    linearGELU(x, weight: weight.variable(on: tape), bias: bias.variable(on: tape))
  }
}

import MixFlowTensor

/// The affine map `x Wᵀ + b`, with a low-rank adapter where the source of the parameters wants one.
public struct Linear {
  private let weight: Parameter
  private let bias: Parameter
  private let adapter: LowRankAdapter?

  /// How a layer of this kind starts in a fresh model.
  public enum Start: Sendable {
    /// Xavier-uniform weight, zero bias: SiT's and DiT's rule for all linear layers.
    case xavierUniform
    /// Normal weight of deviation 0.02, zero bias: their rule for the timestep embedder.
    case normal
    /// All zeros: their rule for adaLN projections and the last layer.
    case zeros
    /// `U(-1/√inputs, 1/√inputs)` for weight and bias: PyTorch's own rule, which DiT-DH keeps.
    case uniform
    /// Normal weight of deviation 0.02, bias as in ``uniform``: DiT-DH's timestep embedder.
    case normalUniformBias

    fileprivate func initializers(inputs: Int, outputs: Int) -> (
      weight: Initializer, bias: Initializer
    ) {
      let uniform = Initializer.uniform(bound: 1 / Float(inputs).squareRoot())
      return switch self {
      case .xavierUniform: (.xavierUniform(fanIn: inputs, fanOut: outputs), .zeros)
      case .normal: (.normal(deviation: 0.02), .zeros)
      case .zeros: (.zeros, .zeros)
      case .uniform: (uniform, uniform)
      case .normalUniformBias: (.normal(deviation: 0.02), uniform)
      }
    }
  }

  /// Registers `weight` `[outputs, inputs]` and `bias` `[outputs]` under `scope`.
  public init(inputs: Int, outputs: Int, start: Start = .xavierUniform, in scope: ParameterScope)
    throws
  {
    let initializers = start.initializers(inputs: inputs, outputs: outputs)
    weight = try scope.parameter(
      "weight", shape: [outputs, inputs], initializer: initializers.weight)
    bias = try scope.parameter("bias", shape: [outputs], initializer: initializers.bias)
    adapter = try scope.adapter.map {
      try LowRankAdapter($0, inputs: inputs, outputs: outputs, in: scope)
    }
  }

  /// Maps `[..., inputs]` to `[..., outputs]`.
  ///
  /// - Parameters:
  ///   - x: `[..., inputs]`.
  ///   - tape: Where to record the computation, or nil to infer.
  ///   - isKept: Whether the tape may keep the result instead of computing it again.
  /// - Returns: `[..., outputs]`.
  public func callAsFunction(_ x: Variable, on tape: Tape?, isKept: Bool = true) -> Variable {
    let y = linear(
      x, weight: weight.variable(on: tape), bias: bias.variable(on: tape),
      keptOn: isKept ? tape : nil)
    guard let adapter else { return y }
    return y + adapter(x, on: tape)
  }

  /// Maps `[..., inputs]` to `[..., outputs]` and applies GELU (tanh form) in one operation.
  public func withGELU(_ x: Variable, on tape: Tape?) -> Variable {
    guard adapter == nil else { return gelu(self(x, on: tape, isKept: false)) }
    return linearGELU(x, weight: weight.variable(on: tape), bias: bias.variable(on: tape))
  }
}

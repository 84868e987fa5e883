import MixFlowTensor

/// The trained addition `s B A x` to a linear layer whose own weight stays as it is (LoRA, Hu et al.,
/// 2021; PEFT's `lora.Linear`).
struct LowRankAdapter {
  private let down: Parameter
  private let up: Parameter
  private let scale: Float

  /// Registers `lora_A.weight` `[rank, inputs]` and `lora_B.weight` `[outputs, rank]` under `scope`.
  ///
  /// A starts as PyTorch starts a linear layer and B at zero, so that the sum is the layer itself.
  init(_ options: LowRankOptions, inputs: Int, outputs: Int, in scope: ParameterScope) throws {
    down = try scope.child("lora_A").parameter(
      "weight", shape: [options.rank, inputs],
      initializer: .uniform(bound: 1 / Float(inputs).squareRoot()))
    up = try scope.child("lora_B").parameter(
      "weight", shape: [outputs, options.rank], initializer: .zeros)
    scale = options.scale
  }

  /// Maps `[..., inputs]` to the addition `[..., outputs]`.
  func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    let inner = linear(x, weight: down.variable(on: tape), bias: nil)
    let scaled = inner.derive(scale * inner.value) { [scale] in scale * $0 }
    return linear(scaled, weight: up.variable(on: tape), bias: nil)
  }
}

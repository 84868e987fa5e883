import MixFlowTensor

/// The feed-forward layer `fc2(gelu(fc1 x))` with the tanh form of GELU (timm's `Mlp`).
public struct MLP {
  private let fc1: Linear
  private let fc2: Linear

  /// Registers `fc1` and `fc2` under `scope`.
  public init(
    width: Int, hidden: Int, start: Linear.Start = .xavierUniform, in scope: ParameterScope
  ) throws {
    fc1 = try Linear(inputs: width, outputs: hidden, start: start, in: scope.child("fc1"))
    fc2 = try Linear(inputs: hidden, outputs: width, start: start, in: scope.child("fc2"))
  }

  /// Maps `[B, T, width]` to itself.
  public func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    fc2(fc1.withGELU(x, on: tape), on: tape)
  }
}

import MixFlowTensor

/// The network that maps a token to the features of an encoder: three linear layers with SiLU
/// between them (Yu et al., 2025; REPA's `build_mlp`).
public struct Projector {
  private let layers: [Linear]

  /// Registers `0`, `2` and `4` under `scope`.
  public init(width: Int, hidden: Int, features: Int, in scope: ParameterScope) throws {
    let widths = [width, hidden, hidden, features]
    layers = try (0..<3).map {
      try Linear(inputs: widths[$0], outputs: widths[$0 + 1], in: scope.child("\(2 * $0)"))
    }
  }

  /// Maps tokens `[B, T, width]` to `[B, T, features]`.
  public func callAsFunction(_ tokens: Variable, on tape: Tape?) -> Variable {
    layers.dropFirst().reduce(layers[0](tokens, on: tape)) { $1(silu($0), on: tape) }
  }
}

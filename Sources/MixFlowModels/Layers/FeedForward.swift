import MixFlowTensor

/// The feed-forward layer of a block: plain, or gated.
public enum FeedForward {
  /// Two layers with GELU between, SiT's.
  case mlp(MLP)
  /// Two layers with a gate between, RAE's.
  case swiGLU(SwiGLU)

  /// Registers the layers under `scope`.
  ///
  /// - Parameters:
  ///   - width: The width of a token.
  ///   - ratio: The hidden width of the plain layer, as a multiple of `width`; that of the gated one
  ///     is two thirds of it, so that both have about the same number of parameters.
  ///   - isGated: Whether it is gated.
  ///   - start: How the layers start.
  ///   - scope: Where the parameters are registered.
  /// - Throws: What the source of the parameters throws.
  public init(
    width: Int, ratio: Int, isGated: Bool, start: Linear.Start, in scope: ParameterScope
  ) throws {
    let hidden = Self.hiddenWidth(width: width, ratio: ratio, isGated: isGated)
    self =
      isGated
      ? .swiGLU(try SwiGLU(width: width, hidden: hidden, start: start, in: scope))
      : .mlp(try MLP(width: width, hidden: hidden, start: start, in: scope))
  }

  /// The numbers between the two layers; two thirds are cut to a whole number, as upstream does.
  static func hiddenWidth(width: Int, ratio: Int, isGated: Bool) -> Int {
    isGated ? Int(2.0 / 3 * Double(ratio * width)) : ratio * width
  }

  /// Maps `[B, T, width]` to itself.
  public func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    switch self {
    case .mlp(let layer): layer(x, on: tape)
    case .swiGLU(let layer): layer(x, on: tape)
    }
  }
}

/// The gated feed-forward layer `w3(silu(g) ⊙ u)` with `[g, u] = w12 x` (Shazeer, 2020).
public struct SwiGLU {
  private let w12: Linear
  private let w3: Linear

  /// Registers `w12` and `w3` under `scope`.
  public init(
    width: Int, hidden: Int, start: Linear.Start = .xavierUniform, in scope: ParameterScope
  ) throws {
    w12 = try Linear(inputs: width, outputs: 2 * hidden, start: start, in: scope.child("w12"))
    w3 = try Linear(inputs: hidden, outputs: width, start: start, in: scope.child("w3"))
  }

  /// Maps `[B, T, width]` to itself.
  public func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    w3(swiGLU(w12(x, on: tape, isKept: false)), on: tape)
  }
}

import MixFlowTensor

/// The last normalisation and projection to patches.
public struct FinalLayer {
  private let normalization: ModulatedNormalization
  private let projection: Linear
  let modulation: Modulation

  /// Registers `norm_final` where it has a weight, `linear` and `adaLN_modulation.1` under `scope`,
  /// the last two starting from zero.
  ///
  /// - Parameters:
  ///   - width: The width of a token.
  ///   - outputs: The numbers of a patch.
  ///   - kind: The normalisation.
  ///   - scope: Where the parameters are registered.
  /// - Throws: What the source of the parameters throws.
  public init(
    width: Int, outputs: Int, normalization kind: NormalizationKind = .layer,
    in scope: ParameterScope
  ) throws {
    normalization = try ModulatedNormalization(kind, width: width, in: scope.child("norm_final"))
    projection = try Linear(
      inputs: width, outputs: outputs, start: .zeros, in: scope.child("linear"))
    modulation = try Modulation(width: width, chunks: 2, in: scope)
  }

  /// The number of parameters.
  static func parameterCount(width: Int, outputs: Int, normalization kind: NormalizationKind) -> Int
  {
    (kind == .rms ? width : 0) + (width + 1) * (outputs + 2 * width)
  }

  /// Maps tokens `[B, T, D]` to patches `[B, T, p · p · C]`, given the activated conditioning
  /// `[B, D]` or `[B, T, D]`.
  public func callAsFunction(_ x: Variable, _ conditioning: Variable, on tape: Tape?) -> Variable {
    self(x, modulation: modulation(conditioning, on: tape), on: tape)
  }

  /// Maps tokens `[B, T, D]` to patches, given the chunks of the modulation `[..., 2 D]`.
  func callAsFunction(_ x: Variable, modulation m: Variable, on tape: Tape?) -> Variable {
    projection(normalization(x, modulation: m, shift: 0, scale: 1, on: tape), on: tape)
  }
}

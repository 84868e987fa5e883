import MixFlowTensor

/// The last normalisation and projection to patches.
public struct FinalLayer {
  private let projection: Linear
  let modulation: Modulation

  /// Registers `linear` and `adaLN_modulation.1` under `scope`, both starting from zero.
  public init(_ configuration: SiTConfiguration, in scope: ParameterScope) throws {
    projection = try Linear(
      inputs: configuration.width,
      outputs: configuration.patchSize * configuration.patchSize * configuration.outChannels,
      start: .zeros, in: scope.child("linear"))
    modulation = try Modulation(width: configuration.width, chunks: 2, in: scope)
  }

  /// Maps tokens `[B, T, D]` to patches `[B, T, p · p · C]`.
  public func callAsFunction(_ x: Variable, _ conditioning: Variable, on tape: Tape?) -> Variable {
    self(x, modulation: modulation(conditioning, on: tape), on: tape)
  }

  /// Maps tokens `[B, T, D]` to patches, given the chunks of the modulation `[B, 2 D]`.
  func callAsFunction(_ x: Variable, modulation m: Variable, on tape: Tape?) -> Variable {
    projection(layerNormModulate(x, modulation: m, shift: 0, scale: 1), on: tape)
  }
}

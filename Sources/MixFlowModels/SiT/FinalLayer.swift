import MixFlowTensor

/// The last normalisation and projection to patches.
public struct FinalLayer {
  private let projection: Linear
  private let modulation: Modulation

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
    let m = modulation(conditioning, on: tape)
    return projection(layerNormModulate(x, modulation: m, shift: 0, scale: 1), on: tape)
  }
}

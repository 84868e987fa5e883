import MixFlowTensor

/// Which normalisation a transformer is built with.
public enum NormalizationKind: Sendable {
  /// LayerNorm (Ba et al., 2016), as SiT has it.
  case layer
  /// RMSNorm (Zhang and Sennrich, 2019), as RAE's transformers have it.
  case rms
}

/// The normalisation that adaLN modulates: LayerNorm without, or RMSNorm with a weight of its own.
public struct ModulatedNormalization {
  private let weight: Parameter?

  /// Registers `weight` `[width]` under `scope` for RMSNorm, nothing for LayerNorm.
  public init(_ kind: NormalizationKind, width: Int, in scope: ParameterScope) throws {
    weight =
      switch kind {
      case .layer: nil
      case .rms: try scope.parameter("weight", shape: [width], initializer: .ones)
      }
  }

  /// Maps tokens `[B, T, D]` to tokens, given all chunks of the modulation and which two to use.
  public func callAsFunction(
    _ x: Variable, modulation: Variable, shift: Int, scale: Int, on tape: Tape?
  ) -> Variable {
    guard let weight else {
      return layerNormModulate(x, modulation: modulation, shift: shift, scale: scale)
    }
    return rmsNormModulate(
      x, weight: weight.variable(on: tape), modulation: modulation, shift: shift, scale: scale)
  }
}

/// The normalisation of queries or keys, head by head.
public struct HeadNormalization {
  private let weight: Parameter
  private let bias: Parameter?

  /// Registers `weight` `[headWidth]`, and `bias` for LayerNorm, under `scope`.
  public init(_ kind: NormalizationKind, headWidth: Int, in scope: ParameterScope) throws {
    weight = try scope.parameter("weight", shape: [headWidth], initializer: .ones)
    bias =
      switch kind {
      case .layer: try scope.parameter("bias", shape: [headWidth], initializer: .zeros)
      case .rms: nil
      }
  }

  /// Maps queries or keys `[B, T, H · d]` to themselves.
  public func callAsFunction(_ x: Variable, on tape: Tape?) -> Variable {
    let headWidth = weight.shape[0]
    let heads = reshape(x, [x.value.count / headWidth, headWidth])
    let weight = weight.variable(on: tape)
    let normalized =
      if let bias {
        // PyTorch's default eps, unlike that of the modulated normalisations.
        layerNorm(heads, weight: weight, bias: bias.variable(on: tape), eps: 1e-5)
      } else {
        rmsNorm(heads, weight: weight)
      }
    return reshape(normalized, x.shape)
  }
}

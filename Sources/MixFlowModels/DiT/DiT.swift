import MixFlowTensor

/// The diffusion transformer (Peebles and Xie, 2023; facebookresearch/DiT `models.py`).
///
/// It is SiT's network trained for Gaussian diffusion: times are the integer steps of the diffusion,
/// 0 the cleanest, and the output has `2 C` channels where `learnSigma` is set: the noise, then the
/// place of the log-variance between its bounds. Guidance is for the first three channels alone.
public struct DiT: SiTFamily {
  /// The embedders, blocks and last layer.
  public let network: SiTNetwork
  /// All parameters, the fixed `pos_embed` first.
  public let parameters: [Parameter]

  /// The sizes and options.
  public var configuration: SiTConfiguration { network.configuration }

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - configuration: The sizes and options.
  ///   - source: Where the values of the parameters come from.
  /// - Throws: ``ModelConfigurationError``, or what the source throws.
  public init(_ configuration: SiTConfiguration, from source: any ParameterSource) throws {
    let scope = ParameterScope(source: source)
    network = try SiTNetwork(configuration, outputChannels: configuration.outChannels, in: scope)
    parameters = scope.parameters
  }
}

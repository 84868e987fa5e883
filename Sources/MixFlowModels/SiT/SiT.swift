import MixFlowTensor

/// The scalable interpolant transformer (Ma et al., 2024; willisma/SiT `models.py`).
///
/// It predicts the velocity (or noise, or score: whatever it was trained for); times run from 0 for
/// noise to 1 for data. Parameters carry the keys of the official state dict in its order.
public struct SiT: SiTFamily {
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
    network = try SiTNetwork(configuration, outputChannels: configuration.inChannels, in: scope)
    parameters = scope.parameters
  }
}

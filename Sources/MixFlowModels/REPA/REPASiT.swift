import MixFlowTensor

/// SiT with projections of its inner tokens to an encoder's features (Yu et al., "Representation
/// alignment for generation", 2025; sihyun-yu/REPA `models/sit.py`).
///
/// It predicts the velocity; times run from 0 for data to 1 for noise. Parameters carry the keys of
/// the official state dict in its order.
public struct REPASiT: SiTFamily {
  /// The sizes and options.
  public let configuration: REPASiTConfiguration
  /// The embedders, blocks and last layer.
  public let network: SiTNetwork
  /// All parameters, the fixed `pos_embed` first.
  public let parameters: [Parameter]
  private let projectors: [Projector]

  /// Builds the model.
  ///
  /// - Parameters:
  ///   - configuration: The sizes and options.
  ///   - source: Where the values of the parameters come from.
  /// - Throws: ``ModelConfigurationError``, or what the source throws.
  public init(_ configuration: REPASiTConfiguration, from source: any ParameterSource) throws {
    try configuration.validate()
    self.configuration = configuration
    let scope = ParameterScope(source: source)
    let sizes = configuration.transformer
    var projectors: [Projector] = []
    network = try SiTNetwork(
      sizes, outputChannels: sizes.inChannels, qkNorm: configuration.qkNorm, in: scope
    ) {
      projectors = try configuration.featureWidths.enumerated().map { index, features in
        try Projector(
          width: sizes.width, hidden: configuration.projectorWidth, features: features,
          in: scope.child("projectors").child("\(index)"))
      }
    }
    self.projectors = projectors
    parameters = scope.parameters
  }

  /// Predicts the velocity and projects the tokens after block ``REPASiTConfiguration/encoderDepth``.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - t: Times `[B]`, 0 for data and 1 for noise.
  ///   - labels: Classes `[B]`; ``SiTConfiguration/nullClass`` for none.
  ///   - tape: Where to record the computation, or nil to infer.
  /// - Returns: The prediction and the projections.
  public func predictionWithProjections(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape? = nil
  ) -> ProjectedPrediction {
    var projections: [Variable] = []
    let prediction = network(x, t: t, labels: labels, on: tape) { block, tokens in
      guard block == configuration.encoderDepth else { return }
      projections = projectors.map { $0(tokens, on: tape) }
    }
    return ProjectedPrediction(prediction: prediction, projections: projections)
  }
}

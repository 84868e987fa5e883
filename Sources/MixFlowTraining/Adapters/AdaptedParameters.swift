import MixFlowModels
import MixFlowTensor

/// Gives some linear layers of a model a low-rank adapter.
private final class AdaptedParameters: ParameterSource {
  private let source: any ParameterSource
  private let fresh: RandomParameters?
  private let options: LowRankOptions
  private let targets: [ParameterPattern]
  private var layers: [String] = []

  /// - Parameters:
  ///   - section: Which layers.
  ///   - options: The adapters' options.
  ///   - source: Where the values come from.
  ///   - fresh: Where those of adapters come from, if elsewhere.
  init(
    _ section: LoRASection, _ options: LowRankOptions, over source: any ParameterSource,
    fresh: RandomParameters?
  ) {
    (self.source, self.fresh, self.options) = (source, fresh, options)
    targets = section.targets.map(ParameterPattern.init)
  }

  func value(for key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
    if let fresh, AdapterKey.isFactor(key) {
      return fresh.value(for: key, shape: shape, initializer: initializer)
    }
    return try source.value(for: key, shape: shape, initializer: initializer)
  }

  func buffer(for key: String, formula: Tensor) throws -> Tensor {
    try source.buffer(for: key, formula: formula)
  }

  func adapter(for layer: String) -> LowRankOptions? {
    layers.append(layer)
    return targets.contains { $0.matches(layer) } ? options : nil
  }

  /// Refuses a pattern that stands for none of the layers that were asked for.
  func expectMatches() throws(ConfigurationError) {
    for target in targets {
      try target.expectMatch("lora.targets", among: layers, kind: "linear layer")
    }
  }
}

extension ModelConfiguration {
  /// Builds the model with the adapters of a run.
  ///
  /// - Parameters:
  ///   - source: Where the values of the parameters come from.
  ///   - lora: Which layers receive an adapter.
  ///   - fresh: Where the adapters' values come from, if elsewhere.
  /// - Returns: The model, whose times are those of its own code.
  /// - Throws: ``ConfigurationError`` for a pattern that matches no layer, or what the source throws.
  func makeModel(
    from source: any ParameterSource, _ lora: LoRASection, fresh: RandomParameters? = nil
  ) throws -> any ClassConditionalModel {
    guard let options = lora.options else { return try makeModel(from: source) }
    let adapted = AdaptedParameters(lora, options, over: source, fresh: fresh)
    let model = try makeModel(from: adapted)
    try adapted.expectMatches()
    return model
  }
}

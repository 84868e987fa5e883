import MixFlowModels
import MixFlowTransport

/// What predictions are guided away from.
public enum GuidanceMethod: String, NamedChoice {
  /// The model's own prediction without a class (Ho and Salimans, 2022).
  case classifierFree = "cfg"
  /// The prediction of a worse model for the same class (Karras et al., 2024), as RAE samples.
  case autoguidance

  public static var choiceName: String { "guidance" }
}

extension GuidanceSection {
  /// The scale and the interval, which both methods share.
  public func resolved() throws -> ClassifierFreeGuidance {
    try require(tMin <= tMax, "guidance.t_min", "\(tMin) is above t_max \(tMax)")
    try require(scale.isFinite, "guidance.scale", "\(scale) is not a number")
    try require((channels ?? 1) > 0, "guidance.channels", "must be at least 1, or null for all")
    switch try resolvedMethod() {
    case .classifierFree:
      try require(
        guide == nil, "guidance.guide",
        "has no effect on guidance.method cfg; set autoguidance, or the guide to null")
    case .autoguidance:
      try require(
        guide != nil || scale == 1, "guidance.guide",
        "is null, but guidance.method autoguidance needs the checkpoint of a worse model")
    }
    let isAlways = tMin <= 0 && tMax >= 1
    return ClassifierFreeGuidance(scale: scale, interval: isAlways ? nil : tMin...tMax)
  }

  /// What predictions are guided away from.
  public func resolvedMethod() throws -> GuidanceMethod {
    try setting("guidance.method") { try GuidanceMethod(parsing: method) }
  }
}

extension RunConfiguration {
  /// Reads the worse model that samples are guided away from.
  ///
  /// - Parameters:
  ///   - sizes: The sizes of the model that is guided.
  ///   - heads: The guide's number of attention heads, where neither its file nor its width tells.
  /// - Returns: The guide in this library's time, or nil where the method has none or the scale is 1.
  /// - Throws: ``ConfigurationError`` for a model of other samples, classes or predictions, or an
  ///   error of the file.
  public func guideModel(
    for sizes: ModelConfiguration, heads: Int? = nil
  ) throws -> (any ClassConditionalModel)? {
    guard try guidance.resolvedMethod() == .autoguidance, guidance.scale != 1,
      let path = guidance.guide
    else { return nil }
    let guide = try readGuide(path, sizes.kind, heads: heads)
    if let heads {
      let found = ModelSection(guide.sizes).numHeads.encoder
      try require(
        heads == found, "guidance.guide", "\(path) has \(found) heads, not the \(heads) asked for")
    }
    try require(
      guide.sizes.sampleShape == sizes.sampleShape, "guidance.guide",
      "\(path) makes samples of shape \(guide.sizes.sampleShape), the model of \(sizes.sampleShape)"
    )
    try require(
      guide.sizes.classCount == sizes.classCount, "guidance.guide",
      "\(path) has \(guide.sizes.classCount) classes, the model \(sizes.classCount)")
    try require(
      (guide.sizes.kind == .dit) == (sizes.kind == .dit), "guidance.guide",
      "\(path) holds a \(guide.sizes.kind.rawValue), whose predictions are not a "
        + "\(sizes.kind.rawValue)'s")
    let (worse, better) = (try guide.configuration.transport.intervals(), try transport.intervals())
    try require(
      sizes.kind == .dit || (worse.path == better.path && worse.prediction == better.prediction),
      "guidance.guide",
      "\(path) predicts the \(worse.prediction.rawValue) of the \(worse.path.rawValue) path, the "
        + "model the \(better.prediction.rawValue) of the \(better.path.rawValue) path")
    return guide.model
  }

  private func readGuide(
    _ path: String, _ kind: ModelKind, heads: Int?
  ) throws -> ModelCheckpoint {
    do {
      // The keys do not tell a DiT from a SiT.
      return try ModelCheckpoint(
        contentsOf: path, kind: kind == .dit ? .dit : nil, heads: heads)
    } catch let error as ModelInferenceError {
      throw ConfigurationError(
        key: "guidance.guide", problem: "\(error)".replacing("(--heads)", with: "(--guide-heads)"))
    }
  }
}

extension RunConfiguration {
  /// Refuses to guide more channels than a model has.
  ///
  /// - Parameter sizes: The model's sizes.
  /// - Throws: ``ConfigurationError``.
  public func checkGuidedChannels(of sizes: ModelConfiguration) throws {
    let (guided, all) = (guidance.channels ?? 1, sizes.sampleShape[0])
    try require(
      1...all ~= guided, "guidance.channels", "is \(guided), and the model has \(all) channels")
  }
}

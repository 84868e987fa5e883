import MixFlowModels
import MixFlowTensor

/// What a run does with each parameter, by the patterns of its configuration.
public struct ParameterSelection: Equatable, Sendable {
  private let frozen: [String]
  private let trained: [String]
  private let rates: [LearningRateRule]
  private let decays: [WeightDecayRule]
  private let learningRate: Double
  private let weightDecay: Double
  private let trainsAdapters: Bool

  /// Takes the patterns of a configuration.
  public init(_ configuration: RunConfiguration) {
    let training = configuration.training
    trainsAdapters = configuration.lora.rank != nil
    (frozen, trained) = (training.freeze, training.trainOnly)
    (rates, decays) = (training.learningRates, training.weightDecays)
    (learningRate, weightDecay) = (training.learningRate, training.weightDecay)
  }

  /// Whether training leaves the parameter of this name as it is.
  public func freezes(_ name: String) -> Bool {
    if trainsAdapters, AdapterKey.isFactor(name) { return false }
    guard trained.isEmpty, !trainsAdapters else {
      return !trained.contains { ParameterPattern($0).matches(name) }
    }
    return frozen.contains { ParameterPattern($0).matches(name) }
  }

  /// How the optimizer treats the parameter of this name: the first rule that matches counts.
  public func group(of name: String) -> AdamW.Group {
    let rate = rates.first { ParameterPattern($0.pattern).matches(name) }
    let decay = decays.first { ParameterPattern($0.pattern).matches(name) }
    return AdamW.Group(
      rateFactor: rate.map { $0.factor ?? ($0.rate ?? learningRate) / learningRate } ?? 1,
      weightDecay: decay?.decay ?? weightDecay)
  }

  /// Freezes what the patterns say: no gradient, no state of the optimizer, no average.
  ///
  /// - Parameter parameters: All parameters of the model.
  /// - Throws: ``ConfigurationError`` for a pattern that matches nothing, or when nothing is left.
  func apply(to parameters: [Parameter]) throws(ConfigurationError) {
    try check(parameters.map(\.name))
    for parameter in parameters where freezes(parameter.name) { parameter.isTrainable = false }
    guard parameters.contains(where: \.isTrainable) else {
      throw ConfigurationError(
        key: trained.isEmpty ? "training.freeze" : "training.train_only",
        problem: "leaves no parameter to train")
    }
  }

  /// Refuses patterns that match none of the names.
  func check(_ names: [String]) throws(ConfigurationError) {
    for (key, patterns) in [
      ("training.freeze", frozen), ("training.train_only", trained),
      ("training.learning_rates", rates.map(\.pattern)),
      ("training.weight_decays", decays.map(\.pattern)),
    ] {
      for pattern in patterns {
        try ParameterPattern(pattern).expectMatch(key, among: names)
      }
    }
  }
}

extension TrainingSection {
  /// Checks the numbers of the rules; their patterns need the model's names.
  func validateRules() throws {
    try require(
      freeze.isEmpty || trainOnly.isEmpty, "training.train_only",
      "cannot go with training.freeze; it freezes all others itself")
    for rule in learningRates {
      let value = rule.factor ?? rule.rate ?? .nan
      try require(
        value >= 0 && value.isFinite, "training.learning_rates",
        "\(value) for '\(rule.pattern)' is not a number from 0 up")
    }
    for rule in weightDecays {
      try require(
        rule.decay >= 0 && rule.decay.isFinite, "training.weight_decays",
        "\(rule.decay) for '\(rule.pattern)' is not a number from 0 up")
    }
  }
}

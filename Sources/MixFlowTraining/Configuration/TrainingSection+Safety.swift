extension TrainingSection {
  /// What is done about a step that goes wrong.
  ///
  /// - Throws: ``ConfigurationError`` that names the key.
  public func spikePolicy() throws -> SpikePolicy {
    guard let policy = SpikePolicy(rawValue: onSpike.lowercased()) else {
      throw ConfigurationError(
        key: "training.on_spike",
        problem: "unknown '\(onSpike)'; known: "
          + SpikePolicy.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return policy
  }

  /// Checks the settings of interruptions and steps that go wrong.
  func validateSafety() throws {
    let policy = try spikePolicy()
    try require(
      policy != .skip || !optimizerInBackward, "training.on_spike",
      "is skip, but training.optimizer_in_backward has begun to update when a gradient turns out to be "
        + "bad; set it to rollback, or that to false")
    try require(
      (spikeFactor ?? 2) > 1 && spikeFactor?.isFinite ?? true, "training.spike_factor",
      "must be above 1, or null for NaN and infinity alone")
    try require(
      (saveEveryMinutes ?? 1) > 0 && saveEveryMinutes?.isFinite ?? true,
      "training.save_every_minutes", "must be above 0, or null for none")
  }
}

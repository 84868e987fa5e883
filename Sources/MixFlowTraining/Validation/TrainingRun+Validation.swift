extension TrainingRun {
  /// Measures the loss on held-out data and writes it to the metrics, where it is time to.
  ///
  /// - Parameters:
  ///   - step: The number of steps made.
  ///   - isLast: Whether no step is left.
  ///   - log: Where the metrics go, in one process.
  /// - Returns: The line of metrics.
  /// - Throws: An error of reading data or of writing, or ``DistributedError``.
  func validate(
    at step: Int, isLast: Bool, _ log: MetricsLog?
  ) throws -> MetricsLog.ValidationLine? {
    guard var validation, let every = configuration.validation.every,
      isLast || step % every == 0
    else { return nil }
    let section = configuration.validation
    let average =
      try !section.measuresAverages
      ? nil
      : trainer.withAverages { try validation.losses(of: trainer.model, in: group) }
    let raw = try section.measuresRaw ? validation.losses(of: trainer.model, in: group) : nil
    let line = MetricsLog.ValidationLine(
      step: step, loss: average?.mean, bins: average?.bins, rawLoss: raw?.mean, rawBins: raw?.bins)
    try log?.append(line)
    return line
  }
}

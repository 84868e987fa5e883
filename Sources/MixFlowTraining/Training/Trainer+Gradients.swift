import MixFlowTensor

/// The gradients of several micro-batches.
extension Trainer {
  /// Adds up the gradients of the step over micro-batches and processes.
  ///
  /// - Returns: The losses of all of them.
  func addUpGradients() throws -> LossSums {
    let share = batchSize.pieces / (sharing?.size ?? 1)
    let first = share * (sharing?.rank ?? 0)
    let sums =
      try sumsAsTree && share > 1
      ? addUpAsTree(first..<first + share) : addUpInOrder(first..<first + share)
    let all = try sharing?.join(sums) ?? sums
    let total = all.reduce(LossSums(), +)
    try expectFinite(total)
    try spikes.check(loss: total.flow / Double(batchSize.total), step: step + 1)
    return total
  }

  private func addUpInOrder(_ pieces: Range<Int>) throws -> [LossSums] {
    try pieces.map { piece in
      let isLast = piece == pieces.upperBound - 1
      return try runPiece(piece, onFinalGradient: isLast ? sharing?.send : nil)
    }
  }

  private func addUpAsTree(_ pieces: Range<Int>) throws -> [LossSums] {
    let sums = try addUpSubtree(pieces)
    // Buckets fill as in a backward pass, which meets the last layers first.
    if let sharing { parameters.reversed().forEach(sharing.send) }
    return sums
  }

  private func addUpSubtree(_ pieces: Range<Int>) throws -> [LossSums] {
    guard pieces.count > 1 else { return [try runPiece(pieces.lowerBound)] }
    let middle = pieces.lowerBound + pieces.count / 2
    let lower = try addUpSubtree(pieces.lowerBound..<middle)
    let gradients = parameters.map { parameter in
      defer { parameter.gradient = nil }
      return parameter.gradient
    }
    let upper = try addUpSubtree(middle..<pieces.upperBound)
    for (parameter, gradient) in zip(parameters, gradients) {
      guard let gradient else { continue }
      parameter.gradient = parameter.gradient.map { gradient + $0 } ?? gradient
    }
    return lower + upper
  }

  /// Adds the gradients of one micro-batch and returns its losses.
  private func runPiece(
    _ piece: Int, onFinalGradient: ((Parameter) -> Void)? = nil
  ) throws -> LossSums {
    let forward = try microBatches.runForward(
      batch: skippedBatches.batch(after: step), piece: piece, onFinalGradient: onFinalGradient)
    // Other processes must hear of a loss that is not finite, and do at the end of the step.
    if sharing == nil { try expectFinite(forward.sums) }
    forward.runBackward()
    return forward.sums
  }

  func expectFinite(_ sums: LossSums) throws {
    guard sums.isFinite else { throw TrainingError.notFinite("loss", step: step + 1) }
  }
}

import MixFlowModels
import MixFlowTensor

/// Measures a model's loss on held-out samples, at noise and times that are the same each time.
///
/// Times are drawn by the run's own law, slowed time among them, so that the loss compares with that of
/// training; labels are kept and samples not mirrored. It draws nothing from training's streams.
struct ValidationLoss {
  /// Losses over intervals of t.
  struct Losses: Equatable {
    /// The mean over all samples; nil where it is not finite.
    let mean: Double?
    /// The mean in each interval of t from 0, the noise; nil where there was no sample.
    let bins: [Double?]
  }

  private var batches: BatchMaker
  private let pieces: Int
  private let pieceSize: Int
  private let binCount: Int
  private let timeSpan: Float

  /// Prepares measurements.
  ///
  /// - Parameters:
  ///   - configuration: The run's configuration, checked before.
  ///   - data: The held-out samples.
  ///   - nullClass: The model's label for no class.
  /// - Throws: ``ConfigurationError``.
  init(_ configuration: RunConfiguration, on data: any DataSource, nullClass: Int?) throws {
    let training = configuration.training
    let objective = try configuration.trainingObjective()
    var generator = RandomPurpose.validation.generator(seed: UInt64(training.seed), index: 0)
    // A seed of its own, so that order, times, noise and latents are drawn as in training and are none
    // of its draws.
    batches = BatchMaker(
      data: data, objective: objective,
      labelDropout: LabelDropout(probability: 0, nullClass: nullClass), flips: false,
      seed: generator.next())
    pieceSize = training.batchSize / training.gradAccumSteps
    pieces = configuration.validation.batches * training.gradAccumSteps
    binCount = configuration.validation.bins
    timeSpan = objective.timeSpan
  }

  /// Measures a model; the processes of a group share the work, and each has the result.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - group: The processes, all of which call this; nil for one alone.
  /// - Returns: The losses, in the same bits for any number of processes.
  /// - Throws: An error of reading data, or ``DistributedError``.
  mutating func losses(
    of model: any ClassConditionalModel, in group: ProcessGroup?
  ) throws -> Losses {
    // The sum of losses and the number of samples for each interval of each piece.
    var sums = [Double](repeating: 0, count: pieces * binCount * 2)
    let (rank, size) = (group?.rank ?? 0, group?.size ?? 1)
    for piece in stride(from: rank, to: pieces, by: size) {
      let batch = try batches.batch(at: piece * pieceSize, count: pieceSize)
      let answer = model(
        Variable(constant: batch.input), t: batch.t, labels: batch.labels, on: nil)
      batch.loss(answer).value.withUnsafeBufferPointer { losses in
        for (t, loss) in zip(batch.t, losses) {
          let bin = min(binCount - 1, max(0, Int(t / timeSpan * Float(binCount))))
          let place = (piece * binCount + bin) * 2
          sums[place] += Double(loss)
          sums[place + 1] += 1
        }
      }
    }
    let all = try group?.gather(sums) ?? [sums]
    var bins = [(sum: Double, count: Double)](repeating: (0, 0), count: binCount)
    for piece in 0..<pieces {
      for bin in 0..<binCount {
        let place = (piece * binCount + bin) * 2
        bins[bin].sum += all[piece % size][place]
        bins[bin].count += all[piece % size][place + 1]
      }
    }
    let total = bins.reduce((sum: 0.0, count: 0.0)) { ($0.sum + $1.sum, $0.count + $1.count) }
    func mean(_ part: (sum: Double, count: Double)) -> Double? {
      part.count > 0 && part.sum.isFinite ? part.sum / part.count : nil
    }
    return Losses(mean: mean(total), bins: bins.map(mean))
  }
}

extension TrainingObjective {
  /// Where the times end that the network is told.
  fileprivate var timeSpan: Float {
    switch self {
    case .flow: 1
    case .diffusion(let diffusion): Float(diffusion.stepCount)
    }
  }
}

extension ValidationSection {
  /// Checks the section without its data.
  func validate() throws {
    try require(
      path == nil || fraction == nil, "validation.fraction",
      "cannot go with validation.path; give one of them")
    try require(
      every == nil || path != nil || fraction != nil, "validation.every",
      "is set, but there is nothing to measure on; set validation.path or fraction")
    let share = fraction ?? 0.5
    try require(share > 0 && share < 1, "validation.fraction", "\(share) is not between 0 and 1")
    for (key, count, limit) in [
      ("every", every ?? 1, 1_000_000_000), ("batches", batches, 100_000), ("bins", bins, 1000),
    ] {
      try require(1...limit ~= count, "validation.\(key)", "\(count) is not in 1...\(limit)")
    }
    try require(
      ["ema", "raw", "both"].contains(weights.lowercased()), "validation.weights",
      "unknown '\(weights)'; known: ema, raw, both")
  }

  var measuresAverages: Bool { weights.lowercased() != "raw" }
  var measuresRaw: Bool { weights.lowercased() != "ema" }
}

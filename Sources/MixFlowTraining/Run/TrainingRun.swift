import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowModels
import MixFlowTensor

/// A training run in a folder: checkpoints, metrics and sample grids around a ``Trainer``.
public final class TrainingRun {
  /// Where a run's weights come from.
  public enum Start: Equatable, Sendable {
    /// Chance.
    case fresh
    /// The weights of a checkpoint, with a fresh optimizer: post-training.
    case weights(of: String, WeightsChoice)
  }

  /// How a run ended.
  public enum Outcome: Equatable, Sendable {
    /// All steps were made.
    case finished
    /// It was asked to stop and saved its state after this step.
    case stopped(step: Int)
  }

  /// The configuration.
  public let configuration: RunConfiguration
  /// The run's folder.
  public let folder: String
  /// The model and its optimizer.
  public let trainer: Trainer
  private let model: any ClassConditionalModel
  private let sizes: ModelConfiguration
  /// The worse model of autoguidance, for the grids.
  private let guide: (any ClassConditionalModel)?
  private let dataFingerprint: UInt64
  private let data: any DataSource
  /// The time on data, and the files left out, up to the last line of metrics and the last report.
  private var (secondsOnData, skippedCount) = (0.0, 0)
  private let latentOrigin: LatentOrigin?
  private let checkpoints: CheckpointFolder
  private let lock: RunLock?
  /// The processes that share the run; nil for one alone.
  private let group: ProcessGroup?
  /// The losses since the last line of metrics.
  private var recentLosses: [Double]
  /// The misalignments since then.
  private var recentProjectionLosses: [Double]
  /// The encoder that the model is aligned to.
  private let encoder: EncoderOrigin?

  /// Starts a new run.
  ///
  /// - Parameters:
  ///   - configuration: What to do.
  ///   - folder: A folder without checkpoints; it is created.
  ///   - start: Where the weights come from.
  ///   - group: The processes that share the run, each of which creates it; nil for one alone.
  /// - Throws: An error that names the key or the file.
  public convenience init(
    _ configuration: RunConfiguration, in folder: String, from start: Start,
    group: ProcessGroup? = nil
  ) throws {
    let sizes = try configuration.validated()
    let data = try configuration.openData(for: sizes)
    let alignment = try configuration.alignment(with: data, for: sizes)
    try configuration.checkMemory(sizes, alignment)
    let lock = try RunLock(folder: folder, for: group)
    if let newest = CheckpointFolder(of: folder).complete().last {
      throw TrainingError.run(
        folder: folder,
        problem: "has checkpoints up to step \(newest.step); resume it, or name another folder")
    }
    let model: any ClassConditionalModel
    switch start {
    case .fresh:
      model = try sizes.makeModel(
        from: RandomParameters(seed: UInt64(configuration.training.seed)))
    case .weights(let path, let choice):
      try configuration.checkStart(from: path, sizes: sizes)
      let source = CheckpointParameters(try StateDict(contentsOf: path).copying.weights(choice))
      model = try sizes.makeModel(from: source)
      try source.expectAllRead()
    }
    try self.init(
      configuration, in: lock, folder, model: model, sizes, data: data, alignment, checkpoint: nil,
      group)
  }

  /// Goes on with a run from its newest complete checkpoint.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - group: The processes that share the run from now on; nil for one alone.
  ///   - change: Changes the saved configuration, such as the number of steps.
  /// - Throws: An error that names the key or the file.
  public convenience init(
    resuming folder: String, group: ProcessGroup? = nil,
    change: (RunConfiguration) throws -> RunConfiguration = { $0 }
  ) throws {
    let checkpoints = CheckpointFolder(of: folder)
    let newest = try checkpoints.newest()
    let lock = try RunLock(folder: folder, for: group)
    if lock != nil { try checkpoints.removeLeftovers() }
    let checkpoint = try TrainingCheckpoint(contentsOf: checkpoints.file(of: newest))
    let configuration = try change(checkpoint.configuration)
    try configuration.validated()
    try configuration.checkResume(of: checkpoint.configuration, at: checkpoint.step)
    let data = try configuration.openData(for: checkpoint.model)
    let alignment = try configuration.alignment(with: data, for: checkpoint.model)
    try checkpoint.encoder?.checkResume(with: alignment?.origin)
    try configuration.checkMemory(checkpoint.model, alignment)
    guard checkpoint.dataFingerprint == data.fingerprint else {
      throw TrainingError.run(
        folder: folder,
        problem: "was trained on other data than data.path holds now; restore them to resume, or "
          + "start a new run from its weights")
    }
    try self.init(
      configuration, in: lock, folder, model: try checkpoint.makeModel(), checkpoint.model,
      data: data, alignment, checkpoint: checkpoint, group)
  }

  private init(
    _ configuration: RunConfiguration, in lock: RunLock?, _ folder: String,
    model: any ClassConditionalModel, _ sizes: ModelConfiguration, data: any DataSource,
    _ alignment: Alignment?, checkpoint: TrainingCheckpoint?, _ group: ProcessGroup?
  ) throws {
    let training = configuration.training
    let options = try training.optimizerOptions()
    let model = try configuration.inForwardTime(model)
    let sharing = try configuration.sharing(of: model.parameters, in: group)
    let kept = model.parameters.filter { sharing?.keepsState(of: $0) ?? true }
    let optimizer =
      try checkpoint?.makeOptimizer(of: kept, options: options) ?? AdamW(kept, options: options)
    trainer = Trainer(
      model: model, optimizer: optimizer,
      batches: BatchMaker(
        data: data, objective: try configuration.trainingObjective(),
        labelDropout: LabelDropout(
          probability: configuration.model.classDropoutProb, nullClass: model.nullClass),
        flips: configuration.data.flip, seed: UInt64(training.seed),
        features: alignment?.features),
      batchSize: try configuration.batch(processes: group?.size ?? 1),
      schedule: try training.schedule(), gradientLimit: training.clipGrad,
      activations: try training.activations(), updatesInBackward: training.optimizerInBackward,
      alignment: alignment?.loss, sumsAsTree: configuration.distributed.deterministic,
      sharing: sharing)
    self.configuration = configuration
    self.folder = folder
    self.model = model
    self.sizes = sizes
    guide = training.sampleEvery == nil ? nil : try configuration.guideModel(for: sizes)
    self.lock = lock
    self.group = group
    dataFingerprint = data.fingerprint
    self.data = data
    latentOrigin = data.latentOrigin
    // Found before the first step rather than at the first grid.
    if training.sampleEvery != nil { try configuration.checkSampling(sizes, data.latentOrigin) }
    checkpoints = CheckpointFolder(of: folder)
    recentLosses = checkpoint?.recentLosses ?? []
    recentProjectionLosses = checkpoint?.recentProjectionLosses ?? []
    encoder = alignment?.origin
    try group?.expectSameStart(of: trainer, configuration, dataFingerprint: data.fingerprint)
  }

  /// Whether this process writes files and speaks for all.
  private var isLeader: Bool { group?.isLeader ?? true }

  /// Trains to the last step.
  ///
  /// - Parameters:
  ///   - profiler: Measures each step, without its checkpoint and its grid.
  ///   - shouldStop: Asked after each step; true ends the run after a checkpoint.
  ///   - report: Told of metrics, checkpoints and grids.
  /// - Returns: How the run ended.
  /// - Throws: ``TrainingError`` for a loss or gradient that is not finite, or an error of writing.
  public func run(
    profiler: Profiler? = nil, shouldStop: () -> Bool = { false },
    report: (TrainingProgress) -> Void = { _ in }
  ) throws -> Outcome {
    let training = configuration.training
    let log = isLeader ? try MetricsLog(in: folder, resumingAt: trainer.step) : nil
    var clock = Stopwatch()
    while trainer.step < training.maxSteps {
      let step = try profiler?.measure(trainer.makeStep) ?? trainer.makeStep()
      for file in data.skippedFiles?[skippedCount...] ?? [] { report(.skipped(file)) }
      skippedCount = data.skippedFiles?.count ?? 0
      recentLosses.append(step.loss)
      if let loss = step.projectionLoss { recentProjectionLosses.append(loss) }
      let isLast = step.step == training.maxSteps
      if isLast || step.step % training.logEvery == 0 {
        let line = metrics(step, seconds: clock.lap())
        try log?.append(line)
        let left = Double(training.maxSteps - step.step) * Double(training.batchSize)
        report(.metrics(line, of: training.maxSteps, secondsLeft: left / line.imagesPerSecond))
      }
      let isStopping = try group?.any(shouldStop()) ?? shouldStop()
      // The checkpoint comes first: whatever happens to the samples, it is safe.
      if isLast || isStopping || step.step % training.checkpointEvery == 0 {
        let path = try clock.pausing { try writeCheckpoint(loss: step.loss) }
        if let path { report(.checkpoint(path: path)) }
      }
      if let every = training.sampleEvery, isLast || step.step % every == 0 {
        let path = try clock.pausing { try writeSamples() }
        if let path { report(.samples(path: path)) }
      }
      if isStopping, !isLast { return .stopped(step: step.step) }
    }
    return .finished
  }

  private func metrics(_ step: Trainer.StepReport, seconds: Double) -> MetricsLog.Line {
    defer {
      recentLosses.removeAll()
      recentProjectionLosses.removeAll()
      secondsOnData = trainer.secondsOnData
    }
    func mean(_ losses: [Double]) -> Double { losses.reduce(0, +) / Double(losses.count) }
    let images = Double(recentLosses.count * configuration.training.batchSize)
    return MetricsLog.Line(
      step: step.step, loss: mean(recentLosses),
      projectionLoss: recentProjectionLosses.isEmpty ? nil : mean(recentProjectionLosses),
      gradientNorm: step.gradientNorm, learningRate: step.learningRate,
      imagesPerSecond: images / max(seconds, 1e-9),
      dataWait: (trainer.secondsOnData - secondsOnData) / max(seconds, 1e-9),
      badFiles: data.skippedFiles?.count)
  }

  /// Writes a checkpoint, in one process; where the optimizer's state is shared, all take part.
  private func writeCheckpoint(loss: Double) throws -> String? {
    let checkpoint = TrainingCheckpoint.Content(
      trainer: trainer, configuration: configuration, model: sizes,
      dataFingerprint: dataFingerprint, latentOrigin: latentOrigin, recentLosses: recentLosses,
      recentProjectionLosses: recentProjectionLosses, encoder: encoder)
    guard isLeader else {
      try checkpoint.assist()
      return nil
    }
    let manifest = try checkpoints.add(step: trainer.step, loss: loss, write: checkpoint.write)
    try checkpoints.prune(
      keepLast: configuration.training.keepLast, keepEvery: configuration.training.keepEvery)
    return checkpoints.file(of: manifest)
  }

  /// Writes a grid of EMA samples; the noise and the classes are the same at each step.
  private func writeSamples() throws -> String? {
    guard isLeader else {
      try trainer.assistWithAverages()
      return nil
    }
    let generator = SampleGenerator(
      model: model, sampler: try configuration.networkSampler(),
      guidance: try configuration.guidance.resolved(), guide: guide,
      guidedChannels: configuration.guidance.channels, seed: UInt64(configuration.training.seed))
    let count = configuration.training.sampleCount
    let labels = (0..<count).map { $0 % model.classCount }
    let decoder = try configuration.sampleDecoder(
      for: model.sampleShape, origin: latentOrigin, file: folder
    ).decoder
    let images = try trainer.withAverages {
      try stride(from: 0, to: count, by: 64).flatMap { first in
        let batch = Array(labels[first..<min(count, first + 64)])
        return Array(decoder.images(of: try generator.samples(from: first, labels: batch)))
      }
    }
    let columns = max(1, Int(Double(count).squareRoot().rounded(.up)))
    let grid = try ImageGrid(columns: columns, scale: max(1, 48 / decoder.height))
      .image(of: images)
    try createFolder(folder + "/samples")
    let path = "\(folder)/samples/\(zeroPadded(trainer.step, to: 7)).png"
    try AtomicFile.write(try grid.pngBytes(), to: path)
    return path
  }
}

/// Measures the time of training, without that of checkpoints and grids.
private struct Stopwatch {
  private let clock = ContinuousClock()
  private var start = ContinuousClock().now

  /// Returns the seconds since the last lap and starts a new one.
  mutating func lap() -> Double {
    let now = clock.now
    defer { start = now }
    return (now - start) / .seconds(1)
  }

  /// Does something that does not count.
  mutating func pausing<R>(_ body: () throws -> R) rethrows -> R {
    let paused = clock.now
    defer { start += clock.now - paused }
    return try body()
  }
}

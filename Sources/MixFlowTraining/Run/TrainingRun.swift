import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// A training run in a folder: checkpoints, metrics and sample grids around a ``Trainer``.
public final class TrainingRun {
  /// Where a run's weights come from.
  public enum Start: Equatable, Sendable {
    /// Chance.
    case fresh
    /// The weights of a checkpoint, with a fresh optimizer where nothing else is asked for:
    /// post-training.
    case weights(of: String, WeightsChoice, WarmStart = WarmStart())
  }

  /// How a run ended.
  public enum Outcome: Equatable, Sendable {
    /// All steps were made.
    case finished
    /// It was asked to stop and saved its state after this step.
    case stopped(step: Int)
    /// It was asked to make room, saved its state after this step and is to be started again.
    case requeued(step: Int)
  }

  /// The configuration.
  public let configuration: RunConfiguration
  /// The run's folder.
  public let folder: String
  /// The model and its optimizer.
  public let trainer: Trainer
  let model: any ClassConditionalModel
  let sizes: ModelConfiguration
  /// The worse model of autoguidance, for the grids.
  let guide: (any ClassConditionalModel)?
  let dataFingerprint: UInt64
  let latentOrigin: LatentOrigin?
  let checkpoints: CheckpointFolder
  let lock: RunLock?
  private let data: any DataSource
  /// The time on data, and the files left out, up to the last line of metrics and the last report.
  private var (secondsOnData, skippedCount) = (0.0, 0)
  /// The processes that share the run; nil for one alone.
  let group: ProcessGroup?
  /// What measures held-out data.
  let validation: ValidationLoss?
  /// The parameters that were drawn afresh though the run started from a file.
  public let reinitialised: [String]
  /// The losses since the last line of metrics.
  var recentLosses: [Double]
  /// The misalignments since then.
  var recentProjectionLosses: [Double]
  /// The encoder that the model is aligned to.
  let encoder: EncoderOrigin?
  /// What is done about a step that goes wrong.
  let spikePolicy: SpikePolicy
  /// The step of the newest checkpoint of this run; nil before the first.
  var savedStep: Int?
  /// Open while ``run(profiler:shouldStop:shouldRequeue:report:)`` works, in the process that writes.
  var log: MetricsLog?

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
    let data = try configuration.openRunData(for: sizes)
    let alignment = try configuration.alignment(with: data.training, for: sizes)
    try configuration.checkMemory(sizes, alignment)
    let lock = try RunLock(folder: folder, for: group, option: "--results-dir")
    if lock != nil { try CheckpointFolder(of: folder).removeLeftovers(of: folder) }
    if let newest = CheckpointFolder(of: folder).complete().last {
      throw TrainingError.run(
        folder: folder,
        problem: "has checkpoints up to step \(newest.step); resume it, or name another folder")
    }
    let (model, state) = try configuration.begin(from: start, sizes, data: data.training)
    try self.init(
      configuration, in: lock, folder, model: model, sizes, data: data, alignment, state, group)
  }

  /// Goes on with a run from its newest complete checkpoint.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - group: The processes that share the run from now on; nil for one alone.
  ///   - change: Changes the saved configuration, such as the number of steps.
  ///   - onDamage: Told of each newer checkpoint that is damaged and therefore passed over; it is given
  ///     another name.
  /// - Throws: An error that names the key or the file.
  public convenience init(
    resuming folder: String, group: ProcessGroup? = nil,
    change: (RunConfiguration) throws -> RunConfiguration = { $0 },
    onDamage: (any Error) -> Void = { _ in }
  ) throws {
    let checkpoints = CheckpointFolder(of: folder)
    _ = try checkpoints.newest()
    let lock = try RunLock(folder: folder, for: group)
    if lock != nil { try checkpoints.removeLeftovers(of: folder) }
    var damaged: [CheckpointFolder.Manifest] = []
    let checkpoint = try checkpoints.newestIntact { manifest, error in
      damaged.append(manifest)
      onDamage(error)
    }
    if lock != nil { try damaged.forEach(checkpoints.setAside) }
    let configuration = try change(checkpoint.configuration)
    try configuration.validated()
    try configuration.checkResume(of: checkpoint.configuration, at: checkpoint.step)
    let data = try configuration.openRunData(for: checkpoint.model)
    let alignment = try configuration.alignment(with: data.training, for: checkpoint.model)
    try checkpoint.encoder?.checkResume(with: alignment?.origin)
    try configuration.checkMemory(checkpoint.model, alignment)
    guard checkpoint.dataFingerprint == data.training.fingerprint else {
      throw TrainingError.run(
        folder: folder,
        problem: "was trained on other data than data.path holds now; restore them to resume, or "
          + "start a new run from its weights")
    }
    try self.init(
      configuration, in: lock, folder, model: try checkpoint.makeModel(), checkpoint.model,
      data: data, alignment, InitialState(resuming: checkpoint), group)
  }

  private init(
    _ configuration: RunConfiguration, in lock: RunLock?, _ folder: String,
    model: any ClassConditionalModel, _ sizes: ModelConfiguration, data: RunData,
    _ alignment: Alignment?, _ state: InitialState, _ group: ProcessGroup?
  ) throws {
    let training = configuration.training
    let model = try configuration.inForwardTime(model)
    try ParameterSelection(configuration).apply(to: model.parameters)
    let sharing = try configuration.sharing(of: model.parameters, in: group)
    let kept = model.parameters.filter { sharing?.keepsState(of: $0) ?? true }
    trainer = Trainer(
      model: model, optimizer: try state.makeOptimizer(of: kept, configuration),
      batches: BatchMaker(
        data: data.training, objective: try configuration.trainingObjective(),
        labelDropout: LabelDropout(
          probability: configuration.model.classDropoutProb, nullClass: model.nullClass),
        flips: configuration.data.flip, seed: UInt64(training.seed),
        features: alignment?.features),
      batchSize: try configuration.batch(processes: group?.size ?? 1),
      schedule: try training.schedule(), gradientLimit: training.clipGrad,
      activations: try training.activations(), updatesInBackward: training.optimizerInBackward,
      alignment: alignment?.loss, sumsAsTree: configuration.distributed.deterministic,
      sharing: sharing, positions: state.positions,
      spikes: SpikeDetector(factor: training.spikeFactor, history: state.spikeHistory),
      skippedBatches: state.skippedBatches)
    validation = try data.heldOut.flatMap { heldOut in
      try configuration.validation.every.map { _ in
        try ValidationLoss(configuration, on: heldOut, nullClass: model.nullClass)
      }
    }
    reinitialised = model.parameters.map(\.name).filter(state.reinitialised.contains)
    spikePolicy = try training.spikePolicy()
    savedStep = state.savedStep
    self.configuration = configuration
    self.folder = folder
    self.model = model
    self.sizes = sizes
    guide = training.sampleEvery == nil ? nil : try configuration.guideModel(for: sizes)
    self.lock = lock
    self.group = group
    dataFingerprint = data.training.fingerprint
    self.data = data.training
    latentOrigin = data.training.latentOrigin
    // Found before the first step rather than at the first grid.
    if training.sampleEvery != nil { try configuration.checkSampling(sizes, latentOrigin) }
    checkpoints = CheckpointFolder(of: folder)
    recentLosses = state.recentLosses
    recentProjectionLosses = state.recentProjectionLosses
    encoder = alignment?.origin
    try group?.expectSameStart(of: trainer, configuration, dataFingerprint: dataFingerprint)
  }

  /// Whether this process writes files and speaks for all.
  var isLeader: Bool { group?.isLeader ?? true }

  /// Trains to the last step.
  ///
  /// - Parameters:
  ///   - profiler: Measures each step, without its checkpoint and its grid.
  ///   - shouldStop: Asked after each step; true in any process ends the run after a checkpoint.
  ///   - shouldRequeue: The same, for a run that is to be started again.
  ///   - report: Told of metrics, checkpoints, grids and batches that are left out.
  /// - Returns: How the run ended.
  /// - Throws: ``TrainingError`` for a step that went wrong and must not be passed over, or an error of
  ///   writing.
  public func run(
    profiler: Profiler? = nil, shouldStop: () -> Bool = { false },
    shouldRequeue: () -> Bool = { false }, report: (TrainingProgress) -> Void = { _ in }
  ) throws -> Outcome {
    let training = configuration.training
    try openLog()
    defer { log = nil }
    if trainer.step == 0, let line = try validate(at: 0, isLast: false, log) {
      report(.validation(line))
    }
    var clock = Stopwatch()
    var sinceCheckpoint = Stopwatch()
    while trainer.step < training.maxSteps {
      let step: Trainer.StepReport
      do {
        step = try profiler?.measure(trainer.makeStep) ?? trainer.makeStep()
      } catch let fault as TrainingError {
        report(.spike(try leaveOut(fault), reason: "\(fault)"))
        continue
      }
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
      // Only the first process's clock counts: those of others may differ.
      let isDue =
        isLeader
        && (training.saveEveryMinutes.map { sinceCheckpoint.seconds >= 60 * $0 } ?? false)
      let wishes = try inAnyProcess([shouldStop(), shouldRequeue(), isDue])
      let isStopping = wishes[0] || wishes[1]
      if let path = try clock.pausing({ try writeSnapshot(isLast: isLast) }) {
        report(.snapshot(path: path))
      }
      // The checkpoint comes first: whatever happens to the samples, it is safe.
      if isLast || isStopping || wishes[2] || step.step % training.checkpointEvery == 0 {
        let path = try clock.pausing { try writeCheckpoint(loss: step.loss) }
        _ = sinceCheckpoint.lap()
        if let path { report(.checkpoint(path: path)) }
      }
      if let line = try clock.pausing({ try validate(at: step.step, isLast: isLast, log) }) {
        report(.validation(line))
      }
      if let every = training.sampleEvery, isLast || step.step % every == 0 {
        let path = try clock.pausing { try writeSamples() }
        if let path { report(.samples(path: path)) }
      }
      if isStopping, !isLast {
        return wishes[0] ? .stopped(step: step.step) : .requeued(step: step.step)
      }
    }
    return .finished
  }

  /// Returns which of some wishes any process has.
  private func inAnyProcess(_ wishes: [Bool]) throws -> [Bool] {
    guard let group else { return wishes }
    let all = try group.gather(wishes.map { $0 ? 1 : 0 })
    return wishes.indices.map { place in all.contains { $0[place] != 0 } }
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
}

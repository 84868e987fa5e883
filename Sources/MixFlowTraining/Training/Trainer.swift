import MixFlowModels
import MixFlowTensor

/// Trains a model step by step; it knows nothing of files.
public final class Trainer {
  /// How many samples a step takes, and in how many pieces.
  public struct BatchSize: Equatable, Sendable {
    /// The samples of one optimizer step, over all processes.
    public let total: Int
    /// The micro-batches that they are cut into, over all processes; their gradients are added up.
    public let pieces: Int

    /// Creates a batch size; `pieces` must divide `total`.
    public init(total: Int, pieces: Int = 1) {
      precondition(pieces > 0 && total % pieces == 0, "\(total) samples in \(pieces) pieces")
      self.total = total
      self.pieces = pieces
    }
  }

  /// What one step did.
  public struct StepReport: Equatable, Sendable {
    /// The number of steps made, this one included.
    public let step: Int
    /// The mean loss over the samples of the step, that of the flow alone.
    public let loss: Double
    /// The mean misalignment of the network's tokens with an encoder's features, REPA's `proj_loss`
    /// before its coefficient, from −1; nil without alignment.
    public let projectionLoss: Double?
    /// The L2 norm of all gradients before clipping.
    public let gradientNorm: Double
    /// The learning rate.
    public let learningRate: Double
  }

  /// The model; its parameters change with each step.
  public let model: any ClassConditionalModel
  /// The optimizer, which also keeps the EMA.
  public let optimizer: AdamW
  /// The trainable parameters of the model.
  let parameters: [Parameter]
  var microBatches: MicroBatches
  let batchSize: BatchSize
  private let schedule: LearningRateSchedule
  private let gradientLimit: Double?
  private let updatesInBackward: Bool
  let sumsAsTree: Bool
  let sharing: GradientSharing?
  /// Where the optimizer, the schedule and the data are, as seen from ``step``.
  let positions: RunPositions
  /// What tells a step that went wrong.
  private(set) var spikes: SpikeDetector
  /// The batches that are left out.
  public private(set) var skippedBatches: SkippedBatches

  /// Creates a trainer.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - optimizer: An optimizer of the model's parameters, or of those whose state this process keeps.
  ///   - batches: Where training batches come from.
  ///   - batchSize: The samples of a step; the processes of a group take equal shares of its pieces.
  ///   - schedule: The learning rate.
  ///   - gradientLimit: The largest gradient norm, or nil for no clipping.
  ///   - activations: What the model keeps for the backward pass; it changes no result.
  ///   - updatesInBackward: Whether each parameter is updated as soon as its gradient is known, so that
  ///     there is never more than a few gradients in memory; it changes no result. It cannot go with
  ///     clipping, with micro-batches or with other processes, which need all gradients first.
  ///   - alignment: REPA's loss, for a model with projectors and batches with features.
  ///   - sumsAsTree: Whether the gradients of micro-batches are added up as a balanced tree, whose
  ///     result has the same bits for any number of processes that is a power of two.
  ///   - sharing: The processes that share each step; nil for this one alone.
  ///   - positions: How far the optimizer, the schedule and the data are ahead of the step.
  ///   - spikes: What tells a step that went wrong.
  ///   - skippedBatches: The batches that are left out.
  public init(
    model: any ClassConditionalModel, optimizer: AdamW, batches: BatchMaker, batchSize: BatchSize,
    schedule: LearningRateSchedule, gradientLimit: Double?, activations: Tape.Activations = .kept,
    updatesInBackward: Bool = false, alignment: REPALoss? = nil, sumsAsTree: Bool = false,
    sharing: GradientSharing? = nil, positions: RunPositions = RunPositions(),
    spikes: SpikeDetector = SpikeDetector(), skippedBatches: SkippedBatches = SkippedBatches()
  ) {
    precondition(
      !updatesInBackward || (gradientLimit == nil && batchSize.pieces == 1),
      "updates within the backward pass, but gradients that are clipped or added up")
    let processes = sharing?.size ?? 1
    precondition(
      batchSize.pieces % processes == 0, "\(batchSize.pieces) pieces for \(processes) processes")
    self.model = model
    self.optimizer = optimizer
    parameters = model.parameters.filter(\.isTrainable)
    self.batchSize = batchSize
    self.schedule = schedule
    self.gradientLimit = gradientLimit
    self.updatesInBackward = updatesInBackward
    self.sumsAsTree = sumsAsTree
    self.sharing = sharing
    self.positions = positions
    self.spikes = spikes
    self.skippedBatches = skippedBatches
    let share = batchSize.pieces / processes
    let first = share * (sharing?.rank ?? 0)
    microBatches = MicroBatches(
      model: model, batches: batches, size: batchSize.total / batchSize.pieces,
      stepSamples: batchSize.total, samplesAhead: positions.samples,
      share: first..<first + share, activations: activations,
      alignment: alignment)
  }

  /// The number of steps made.
  public var step: Int { optimizer.step - positions.optimizer }
  /// The seconds that were spent on getting samples from the data so far.
  public var secondsOnData: Double { microBatches.batches.secondsOnData }

  /// Calls `body` with a part of the optimizer's state of each trainable parameter.
  ///
  /// Where processes share the state, all must call this, and `body` runs in all of them.
  ///
  /// - Parameters:
  ///   - part: Which part.
  ///   - body: Takes the parameter and the part.
  /// - Throws: What `body` throws, or ``DistributedError``.
  func forEachState(
    _ part: KeyPath<AdamW.State, Tensor>, _ body: (Parameter, Tensor) throws -> Void
  ) throws {
    for parameter in parameters {
      let own = optimizer.state(of: parameter)?[keyPath: part]
      guard let sharing, let shards = sharing.shards else {
        if let own { try body(parameter, own) }
        continue
      }
      let value = try sharing.group.broadcast(
        own ?? Tensor(zeros: parameter.shape), from: shards.owner(of: parameter))
      try body(parameter, value)
    }
  }

  /// Calls `body` while the parameters hold their moving averages, then gives them back.
  ///
  /// Where processes share the optimizer's state, all must call this.
  ///
  /// - Parameter body: Evaluates the averaged model.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, or ``DistributedError``.
  public func withAverages<R>(_ body: () throws -> R) throws -> R {
    let values = parameters.map(\.value)
    defer { for (parameter, value) in zip(parameters, values) { parameter.assign(value) } }
    try forEachState(\.average) { $0.assign($1) }
    return try body()
  }

  /// Gives other processes the averages that they ask for by ``withAverages(_:)``.
  func assistWithAverages() throws {
    if sharesState { try forEachState(\.average) { _, _ in } }
  }

  /// Whether the optimizer's state is spread over processes.
  var sharesState: Bool { sharing?.shards != nil }

  /// Makes one step.
  ///
  /// - Returns: Loss, gradient norm and learning rate.
  /// - Throws: ``TrainingError/notFinite(_:step:)`` before anything is changed, when the loss or the
  ///   gradient is NaN or infinite; ``TrainingError/spike(_:value:median:step:)`` likewise, when it is far
  ///   above those before; ``TrainingError/brokenUpdate(step:)`` when the gradient is not finite and
  ///   updates are made within the backward pass; before anything is changed what
  ///   ``BatchMaker/batch(at:count:)`` throws.
  public func makeStep() throws -> StepReport {
    do {
      return try updatesInBackward ? updateWithinBackward() : updateAfterBackward()
    } catch {
      for parameter in parameters { parameter.gradient = nil }
      throw error
    }
  }

  /// Leaves out the batch of a step.
  ///
  /// - Parameter step: The step, from 1.
  /// - Returns: The batch's number.
  func skipBatch(at step: Int) -> Int {
    let batch = skippedBatches.batch(after: step - 1)
    skippedBatches.insert(batch)
    return batch
  }

  /// Goes back to a checkpoint; the batches that were left out since stay so.
  func restore(_ checkpoint: TrainingCheckpoint) throws {
    try checkpoint.restore(self)
    spikes.restore(checkpoint.spikeHistory)
  }

  private func updateAfterBackward() throws -> StepReport {
    let number = step
    let sums = try addUpGradients()
    // The first process's, so that all decide alike where their processors round differently.
    let own = gradientNorm(parameters)
    let norm = try sharing?.group.gather([own])[0][0] ?? own
    guard norm.isFinite else { throw TrainingError.notFinite("gradient", step: number + 1) }
    try spikes.check(norm: norm, step: number + 1)
    let rate = schedule.rate(at: number + positions.schedule)
    optimizer.update(
      learningRate: rate, gradientScale: clippingFactor(norm: norm, limit: gradientLimit))
    if sharesState {
      for parameter in parameters { parameter.gradient = nil }
      try sharing?.spread(parameters)
    }
    return report(number, sums, norm: norm, rate: rate)
  }

  private func updateWithinBackward() throws -> StepReport {
    let (number, rate) = (step, schedule.rate(at: step + positions.schedule))
    var squares: [ObjectIdentifier: Double] = [:]
    let forward = try microBatches.runForward(
      batch: skippedBatches.batch(after: number), piece: 0
    ) { [optimizer] parameter in
      let square = parameter.gradient?.squaredNorm() ?? 0
      let isFirst = squares.updateValue(square, forKey: ObjectIdentifier(parameter)) == nil
      precondition(isFirst, "\(parameter.name) is used in several segments of the tape")
      if square.isFinite { optimizer.update(parameter) }
      parameter.gradient = nil
    }
    try expectFinite(forward.sums)
    try spikes.check(loss: forward.sums.flow / Double(batchSize.total), step: number + 1)
    optimizer.beginUpdate(learningRate: rate)
    forward.runBackward()
    let norm = parameters.reduce(0) { $0 + (squares[ObjectIdentifier($1)] ?? 0) }
      .squareRoot()
    guard norm.isFinite else { throw TrainingError.brokenUpdate(step: number + 1) }
    return report(number, forward.sums, norm: norm, rate: rate)
  }

  private func report(
    _ number: Int, _ sums: LossSums, norm: Double, rate: Double
  ) -> StepReport {
    let count = Double(batchSize.total)
    spikes.add(loss: sums.flow / count, norm: norm)
    return StepReport(
      step: number + 1, loss: sums.flow / count,
      projectionLoss: microBatches.alignment.map {
        sums.alignment / count / Double($0.coefficient)
      },
      gradientNorm: norm, learningRate: rate)
  }
}

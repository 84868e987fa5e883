import MixFlowModels
import MixFlowTensor

/// Trains a model step by step; it knows nothing of files.
public final class Trainer {
  /// How many samples a step takes, and in how many pieces.
  public struct BatchSize: Equatable, Sendable {
    /// The samples of one optimizer step.
    public let total: Int
    /// The micro-batches that they are cut into; their gradients are added up.
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
  private var batches: BatchMaker
  private let batchSize: BatchSize
  private let schedule: LearningRateSchedule
  private let gradientLimit: Double?
  private let activations: Tape.Activations
  private let updatesInBackward: Bool
  private let alignment: REPALoss?

  /// Creates a trainer.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - optimizer: An optimizer of the model's parameters.
  ///   - batches: Where training batches come from.
  ///   - batchSize: The samples of a step.
  ///   - schedule: The learning rate.
  ///   - gradientLimit: The largest gradient norm, or nil for no clipping.
  ///   - activations: What the model keeps for the backward pass; it changes no result.
  ///   - updatesInBackward: Whether each parameter is updated as soon as its gradient is known, so that
  ///     there is never more than a few gradients in memory; it changes no result. It cannot go with
  ///     clipping or with micro-batches, which need all gradients first.
  ///   - alignment: REPA's loss, for a model with projectors and batches with features.
  public init(
    model: any ClassConditionalModel, optimizer: AdamW, batches: BatchMaker, batchSize: BatchSize,
    schedule: LearningRateSchedule, gradientLimit: Double?, activations: Tape.Activations = .kept,
    updatesInBackward: Bool = false, alignment: REPALoss? = nil
  ) {
    precondition(
      !updatesInBackward || (gradientLimit == nil && batchSize.pieces == 1),
      "updates within the backward pass, but gradients that are clipped or added up")
    self.updatesInBackward = updatesInBackward
    self.alignment = alignment
    self.model = model
    self.optimizer = optimizer
    self.batches = batches
    self.batchSize = batchSize
    self.schedule = schedule
    self.gradientLimit = gradientLimit
    self.activations = activations
  }

  /// The number of steps made.
  public var step: Int { optimizer.step }

  /// Makes one step.
  ///
  /// - Returns: Loss, gradient norm and learning rate.
  /// - Throws: ``TrainingError/notFinite(_:step:)`` before anything is changed, when the loss or the
  ///   gradient is NaN or infinite; ``TrainingError/brokenUpdate(step:)`` when the gradient is and
  ///   updates are made within the backward pass; before anything is changed what
  ///   ``BatchMaker/batch(at:count:)`` throws.
  public func makeStep() throws -> StepReport {
    try updatesInBackward ? updateWithinBackward() : updateAfterBackward()
  }

  private func updateAfterBackward() throws -> StepReport {
    let number = step
    var sums = LossSums()
    for piece in 0..<batchSize.pieces {
      let tape = Tape(activations: activations)
      sums = try runForward(piece: piece, after: sums, on: tape).runBackward(on: tape)
    }
    let norm = gradientNorm(optimizer.parameters)
    guard norm.isFinite else {
      forgetGradients()
      throw TrainingError.notFinite("gradient", step: number + 1)
    }
    let rate = schedule.rate(at: number)
    optimizer.update(
      learningRate: rate, gradientScale: clippingFactor(norm: norm, limit: gradientLimit))
    return report(number, sums, norm: norm, rate: rate)
  }

  private func updateWithinBackward() throws -> StepReport {
    let (number, rate) = (step, schedule.rate(at: step))
    var squares: [ObjectIdentifier: Double] = [:]
    let tape = Tape(activations: activations) { [optimizer] parameter in
      let square = parameter.gradient?.squaredNorm() ?? 0
      let isFirst = squares.updateValue(square, forKey: ObjectIdentifier(parameter)) == nil
      precondition(isFirst, "\(parameter.name) is used in several segments of the tape")
      if square.isFinite { optimizer.update(parameter) }
      parameter.gradient = nil
    }
    let forward = try runForward(piece: 0, after: LossSums(), on: tape)
    optimizer.beginUpdate(learningRate: rate)
    let sums = forward.runBackward(on: tape)
    let norm = optimizer.parameters.reduce(0) { $0 + (squares[ObjectIdentifier($1)] ?? 0) }
      .squareRoot()
    guard norm.isFinite else { throw TrainingError.brokenUpdate(step: number + 1) }
    return report(number, sums, norm: norm, rate: rate)
  }

  private func report(
    _ number: Int, _ sums: LossSums, norm: Double, rate: Double
  ) -> StepReport {
    let count = Double(batchSize.total)
    return StepReport(
      step: number + 1, loss: sums.flow / count,
      projectionLoss: alignment.map { sums.alignment / count / Double($0.coefficient) },
      gradientNorm: norm, learningRate: rate)
  }

  /// Predicts a micro-batch of the next step; `sums` are those of the micro-batches before.
  private func runForward(
    piece: Int, after sums: LossSums, on tape: Tape
  ) throws -> ForwardPass {
    let size = batchSize.total / batchSize.pieces
    let batch: TrainingBatch
    do {
      batch = try profiled(.batch) {
        try batches.batch(at: step * batchSize.total + piece * size, count: size)
      }
    } catch {
      forgetGradients()
      throw error
    }
    let answer = profiledPass(.forward) { predict(batch, on: tape) }
    let flow = batch.loss(answer.prediction)
    let aligned = alignment?.alignment(of: answer.projections, with: batch.features)
    var sums = sums
    sums.flow += flow.value.sum()
    sums.alignment += aligned?.value.sum() ?? 0
    guard sums.flow.isFinite, sums.alignment.isFinite else {
      forgetGradients()
      throw TrainingError.notFinite("loss", step: step + 1)
    }
    return ForwardPass(
      losses: aligned.map { flow + $0 } ?? flow, sums: sums, stepSamples: batchSize.total)
  }

  /// Predicts, with projections where there are features to align them to.
  private func predict(_ batch: TrainingBatch, on tape: Tape) -> ProjectedPrediction {
    let input = Variable(constant: batch.input)
    guard alignment == nil else {
      return model.predictionWithProjections(input, t: batch.t, labels: batch.labels, on: tape)
    }
    return ProjectedPrediction(
      prediction: model(input, t: batch.t, labels: batch.labels, on: tape), projections: [])
  }

  private func forgetGradients() {
    for parameter in optimizer.parameters { parameter.gradient = nil }
  }
}

/// The sums of a step's losses so far.
private struct LossSums {
  var flow = 0.0
  var alignment = 0.0
}

/// The losses of a micro-batch, ready for the backward pass.
private struct ForwardPass {
  let losses: Variable
  /// The sums up to this micro-batch.
  let sums: LossSums
  /// The samples of the whole step, over which the loss is averaged.
  let stepSamples: Int

  /// Runs the backward pass and returns the sums of the losses.
  func runBackward(on tape: Tape) -> LossSums {
    tape.backward(
      from: losses, gradient: Tensor(repeating: 1 / Float(stepSamples), shape: losses.shape))
    return sums
  }
}

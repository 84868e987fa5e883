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
    /// The mean loss over the samples of the step.
    public let loss: Double
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
  public init(
    model: any ClassConditionalModel, optimizer: AdamW, batches: BatchMaker, batchSize: BatchSize,
    schedule: LearningRateSchedule, gradientLimit: Double?, activations: Tape.Activations = .kept
  ) {
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
  ///   gradient is NaN or infinite.
  public func makeStep() throws(TrainingError) -> StepReport {
    let number = step
    let loss = try accumulateGradients(step: number)
    let norm = gradientNorm(optimizer.parameters)
    guard norm.isFinite else {
      forgetGradients()
      throw TrainingError.notFinite("gradient", step: number + 1)
    }
    let rate = schedule.rate(at: number)
    optimizer.update(
      learningRate: rate, gradientScale: clippingFactor(norm: norm, limit: gradientLimit))
    return StepReport(step: number + 1, loss: loss, gradientNorm: norm, learningRate: rate)
  }

  /// Adds up the gradients of one step's micro-batches and returns the mean loss.
  private func accumulateGradients(step: Int) throws(TrainingError) -> Double {
    let size = batchSize.total / batchSize.pieces
    var sum = 0.0
    for piece in 0..<batchSize.pieces {
      let batch = profiled(.batch) {
        batches.batch(at: step * batchSize.total + piece * size, count: size)
      }
      let tape = Tape(activations: activations)
      let prediction = profiledPass(.forward) {
        model(
          Variable(constant: batch.example.input), t: batch.example.t.map(Float.init),
          labels: batch.labels, on: tape)
      }
      let losses = meanSquaredError(
        prediction, target: batch.example.target, weights: batch.example.weight.map(Float.init))
      sum += losses.value.sum()
      guard sum.isFinite else {
        forgetGradients()
        throw TrainingError.notFinite("loss", step: step + 1)
      }
      tape.backward(
        from: losses,
        gradient: Tensor(repeating: 1 / Float(batchSize.total), shape: losses.shape))
    }
    return sum / Double(batchSize.total)
  }

  private func forgetGradients() {
    for parameter in optimizer.parameters { parameter.gradient = nil }
  }
}

import MixFlowModels
import MixFlowTensor
import MixFlowTraining
import MixFlowTransport

/// A training step as `mixflow train` makes it: batch, forward, backward, clipping, AdamW, EMA.
struct TrainingStep: Workload {
  let steps = 1
  private let trainer: Trainer

  /// Prepares steps of `batch` samples, MixFlow's where `gamma` is not 0.
  ///
  /// - Throws: `ConfigurationError` for a way of checkpointing that there is not.
  init(
    of model: any ClassConditionalModel, batch: Int, gamma: Double = 0, checkpointing: String,
    optimizerInBackward: Bool
  ) throws {
    var section = TrainingSection()
    section.activationCheckpointing = checkpointing
    let times = try MixFlowTimestepSampler(gamma: gamma, base: gamma == 0 ? .uniform : .beta21)
    trainer = Trainer(
      model: model, optimizer: AdamW(model.parameters, options: AdamW.Options()),
      batches: BatchMaker(
        data: ConstantLatents(of: model), objective: Objective(), times: times,
        labelDropout: LabelDropout(probability: 0.1, nullClass: model.nullClass), flips: false,
        seed: 0),
      batchSize: Trainer.BatchSize(total: batch), schedule: LearningRateSchedule(base: 1e-4),
      gradientLimit: optimizerInBackward ? nil : 1, activations: try section.activations(),
      updatesInBackward: optimizerInBackward)
  }

  func callAsFunction() throws { _ = try trainer.makeStep() }
}

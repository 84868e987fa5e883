import MixFlowModels
import MixFlowTensor
import MixFlowTraining
import MixFlowTransport

/// A training step as `mixflow train` makes it: batch, forward, backward, clipping, AdamW, EMA.
struct TrainingStep: Workload {
  let steps = 1
  private let trainer: Trainer

  /// Prepares steps of `batch` samples.
  ///
  /// - Throws: `ConfigurationError` for a way of checkpointing that there is not.
  init(
    of model: SiT, batch: Int, checkpointing: String, optimizerInBackward: Bool
  ) throws {
    var section = TrainingSection()
    section.activationCheckpointing = checkpointing
    let times = try MixFlowTimestepSampler(gamma: 0, base: .uniform)
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

/// Samples that cost nothing to read.
private struct ConstantLatents: DataSource {
  let count = 1024
  let classCount: Int
  let channels: Int
  let height: Int
  let width: Int
  let fingerprint: UInt64 = 0

  init(of model: SiT) {
    classCount = model.classCount
    (channels, height, width) = (
      model.sampleShape[0], model.sampleShape[1], model.sampleShape[2]
    )
  }

  func label(at index: Int) -> Int { index * 97 % classCount }

  func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>
  ) {
    target.update(repeating: 0.5)
  }
}

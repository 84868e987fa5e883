import MixFlowModels
import MixFlowTensor
import MixFlowTransport

/// A setting that cannot be used, by its place in the configuration.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The key, such as `training.learning_rate`.
  public let key: String
  /// What is wrong and what to do.
  public let problem: String

  /// Creates an error.
  public init(key: String, problem: String) {
    self.key = key
    self.problem = problem
  }

  /// The key and the problem.
  public var description: String { "\(key): \(problem)" }
}

extension RunConfiguration {
  /// Checks all settings that do not need the data or a checkpoint.
  ///
  /// - Returns: The model's sizes.
  /// - Throws: ``ConfigurationError`` that names the first key that cannot be used.
  @discardableResult
  public func validated() throws -> ModelConfiguration {
    let sizes = try model.resolved()
    try training.validate()
    try lora.validate(training, for: sizes)
    try autoencoder.validate()
    try require(
      data.maxBadFiles >= 0, "data.max_bad_files", "is \(data.maxBadFiles); set it to 0 or more")
    _ = try training.optimizerOptions()
    _ = try training.schedule()
    _ = try training.batch()
    try validation.validate()
    _ = try distributed.gradientWire()
    _ = try trainingObjective()
    try training.checkAlignment(of: sizes.kind)
    _ = try networkSampler()
    _ = try sampler.quantization()
    let guidance = try guidance.resolved()
    try require(
      guidance.scale == 1 || sizes.hasNullClass || self.guidance.guide != nil, "guidance.scale",
      "is \(guidance.scale), but a model with model.class_dropout_prob 0 has no null class to be "
        + "guided from; set it to 1")
    return sizes
  }
}

/// Runs `body` and names the setting in whatever it throws.
func setting<R>(_ key: String, _ body: () throws -> R) throws -> R {
  do {
    return try body()
  } catch let error as ConfigurationError {
    throw error
  } catch TransportError.outOfRange(let name, let value, let allowed)
    where TransportError.isKey(name)
  {
    let section = key.prefix { $0 != "." }
    throw ConfigurationError(
      key: "\(section).\(name)",
      problem: "is \(TransportError.text(of: value)); it must be \(allowed)")
  } catch {
    throw ConfigurationError(key: key, problem: "\(error)")
  }
}

func require(_ isFine: Bool, _ key: String, _ problem: @autoclosure () -> String) throws {
  guard isFine else { throw ConfigurationError(key: key, problem: problem()) }
}

extension TransportSection {
  /// The path, the prediction and the times that they allow.
  ///
  /// - Parameter end: The last time; RAE samples up to 0.999.
  /// - Returns: Path, prediction and times.
  /// - Throws: ``ConfigurationError`` that names the key.
  public func intervals(end: Double = 1) throws -> TimeIntervals {
    let path = try setting("transport.path_type") { try PathKind(parsing: pathType) }
    let kind = try setting("transport.prediction") { try Prediction(parsing: prediction) }
    return try setting("transport") {
      try TimeIntervals(
        path: path, prediction: kind, trainingMargin: trainEps, samplingMargin: sampleEps,
        end: end)
    }
  }

  /// The shift of times.
  public func shift() throws -> TimeShift {
    try require(
      (1...1e6).contains(timeDistShift), "transport.time_dist_shift",
      "\(timeDistShift) is not in 1...1000000")
    return try setting("transport.time_dist_shift") { try TimeShift(factor: timeDistShift) }
  }
}

extension RunConfiguration {
  /// The regression that the run minimizes.
  public func objective() throws -> Objective {
    let intervals = try transport.intervals()
    return Objective(
      path: intervals.path.path, prediction: intervals.prediction,
      lossWeight: try setting("transport.loss_weight") {
        try LossWeight(parsing: transport.lossWeight)
      },
      targetTime: try setting("mixflow.target_time") {
        try TargetTime(parsing: mixflow.targetTime)
      })
  }

  /// The law of the pair `(t, m)`; without MixFlow `m = t`.
  public func timestepSampler() throws -> MixFlowTimestepSampler {
    let base = try setting("transport.time_dist_type") {
      try TimeSampler(parsing: transport.timeDistType)
    }
    let range = try setting("mixflow.range") { try MixtureRange(parsing: mixflow.range) }
    let (shift, interval) = (try transport.shift(), try transport.intervals().training)
    return try setting("mixflow.gamma") {
      try MixFlowTimestepSampler(
        gamma: mixflow.gamma ?? 0, base: base, range: range, shift: shift, interval: interval)
    }
  }
}

extension TrainingSection {
  /// The optimizer's settings.
  public func optimizerOptions() throws -> AdamW.Options {
    let unit = 0.0..<1.0
    try require(
      betas.count == 2 && betas.allSatisfy(unit.contains), "training.betas",
      "\(betas) are not two numbers in [0, 1)")
    try require(eps > 0 && eps.isFinite, "training.eps", "\(eps) is not above 0")
    try require(
      weightDecay >= 0 && weightDecay.isFinite, "training.weight_decay",
      "\(weightDecay) is not a number from 0 up")
    try require((0...1).contains(emaDecay), "training.ema_decay", "\(emaDecay) is not in [0, 1]")
    for decay in emaDecays {
      try require((0...1).contains(decay), "training.ema_decays", "\(decay) is not in [0, 1]")
    }
    try require(
      Set(emaDecays + [emaDecay]).count == emaDecays.count + 1, "training.ema_decays",
      "\(emaDecays) has a decay twice, or that of training.ema_decay")
    for width in posthocEMA {
      try require(
        PowerProfile.isWidth(width), "training.posthoc_ema", "\(width) is not in (0, 0.28]")
    }
    try require(
      Set(posthocEMA).count == posthocEMA.count, "training.posthoc_ema",
      "\(posthocEMA) has a width twice")
    var options = AdamW.Options()
    options.beta1 = betas[0]
    options.beta2 = betas[1]
    options.eps = eps
    options.weightDecay = weightDecay
    options.emaDecay = emaDecay
    options.furtherAverages = furtherAverages
    options.emaWarmup = emaWarmup
    return options
  }

  /// The learning rate over time.
  public func schedule() throws -> LearningRateSchedule {
    guard let decay = LearningRateSchedule.Decay(rawValue: scheduler.type.lowercased()) else {
      let known = LearningRateSchedule.Decay.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(
        key: "training.scheduler.type", problem: "unknown '\(scheduler.type)'; known: \(known)")
    }
    try require(
      learningRate > 0 && learningRate.isFinite, "training.learning_rate",
      "\(learningRate) is not a number above 0")
    try require(
      scheduler.finalLR >= 0 && scheduler.finalLR.isFinite, "training.scheduler.final_lr",
      "\(scheduler.finalLR) is not a number from 0 up")
    let warmup = scheduler.warmupSteps
    try require(warmup >= 0, "training.scheduler.warmup_steps", "\(warmup) is below 0")
    let end = scheduler.decayEndSteps ?? 1
    try require(end > 0, "training.scheduler.decay_end_steps", "\(end) is not above 0")
    return LearningRateSchedule(
      decay: decay, base: learningRate, final: scheduler.finalLR, warmup: scheduler.warmupSteps,
      rampsUp: scheduler.warmupFromZero, decayEnd: scheduler.decayEndSteps ?? maxSteps)
  }

  /// The samples of a step.
  public func batch() throws -> Trainer.BatchSize {
    try require(
      1...1_048_576 ~= batchSize, "training.batch_size", "\(batchSize) is not in 1...1048576")
    try require(
      gradAccumSteps > 0 && batchSize % gradAccumSteps == 0, "training.grad_accum_steps",
      "\(gradAccumSteps) does not divide batch_size \(batchSize)")
    return Trainer.BatchSize(total: batchSize, pieces: gradAccumSteps)
  }

  /// What a model keeps of its blocks for the backward pass.
  public func activations() throws -> Tape.Activations {
    let choices: KeyValuePairs<String, Tape.Activations> = [
      "none": .kept, "selective": .selective, "full": .recomputed,
    ]
    guard let choice = choices.first(where: { $0.key == activationCheckpointing.lowercased() })
    else {
      throw ConfigurationError(
        key: "training.activation_checkpointing",
        problem: "unknown '\(activationCheckpointing)'; known: "
          + choices.map(\.key).joined(separator: ", "))
    }
    return choice.value
  }

  /// Checks REPA's alignment loss, without its files.
  func checkAlignment(of kind: ModelKind) throws {
    try require(
      projCoeff >= 0 && projCoeff.isFinite, "training.proj_coeff",
      "\(projCoeff) is not a number from 0 up")
    if let encType { _ = try EncoderType(parsing: encType) }
    guard kind == .repa else {
      let noEffect = "has no effect on a \(kind.rawValue); it is for REPA"
      try require(projCoeff == 0, "training.proj_coeff", noEffect)
      try require(encoder == nil, "training.encoder", noEffect)
      return
    }
    try require(
      encoder == nil || projCoeff != 0, "training.encoder",
      "has no effect with training.proj_coeff 0; set that to 0.5, or this to null")
  }

  /// Checks the numbers of steps between events, and what cannot go together.
  public func validate() throws {
    let counts = [
      ("max_steps", maxSteps), ("log_every", logEvery), ("checkpoint_every", checkpointEvery),
      ("posthoc_ema_every", posthocEMAEvery), ("keep_last", keepLast),
      ("keep_every", keepEvery ?? 1), ("sample_every", sampleEvery ?? 1),
      ("sample_count", sampleCount), ("max_spikes", maxSpikes),
    ]
    for (key, count) in counts {
      try require(
        1...1_000_000_000 ~= count, "training.\(key)", "\(count) is not in 1...1000000000")
    }
    try require(
      sampleCount <= 10_000, "training.sample_count", "\(sampleCount) is above 10000 for one grid")
    try require(seed >= 0, "training.seed", "\(seed) is below 0")
    try require(
      (clipGrad ?? 1) > 0 && clipGrad?.isFinite ?? true, "training.clip_grad",
      "must be above 0, or null for none")
    try require(
      !optimizerInBackward || (clipGrad == nil && gradAccumSteps == 1),
      "training.optimizer_in_backward",
      "updates before all gradients are known; set training.clip_grad: null and "
        + "training.grad_accum_steps: 1, or leave it false")
    _ = try activations()
    try validateRules()
    try validateSafety()
  }
}

/// The optimization of a run.
public struct TrainingSection: Codable, Equatable, Sendable {
  /// The number of optimizer steps.
  public var maxSteps = 100_000
  /// The samples of one optimizer step.
  public var batchSize = 256
  /// The micro-batches that a step is cut into; it saves memory.
  public var gradAccumSteps = 1
  /// The learning rate, at the end of the warm-up.
  public var learningRate = 1e-4
  /// The decays of AdamW's two moments.
  public var betas = [0.9, 0.999]
  /// Added to the root of AdamW's second moment.
  public var eps = 1e-8
  /// The decoupled weight decay.
  public var weightDecay = 0.0
  /// The largest norm of the gradient, or null for no clipping.
  @Nullable public var clipGrad: Double?
  /// The decay of the parameters' moving average.
  public var emaDecay = 0.9999
  /// The learning rate over time.
  public var scheduler = SchedulerSection()
  /// The seed of data order, noise, times and, for a fresh model, its weights.
  public var seed = 0
  /// Steps between lines of progress and metrics.
  public var logEvery = 50
  /// Steps between checkpoints; the last step always makes one.
  public var checkpointEvery = 1000
  /// The newest checkpoints that are kept.
  public var keepLast = 2
  /// Checkpoints at multiples of this step are kept for good, or null for none.
  @Nullable public var keepEvery: Int?
  /// Steps between grids of samples, or null for none.
  @Nullable public var sampleEvery: Int?
  /// The images of such a grid.
  public var sampleCount = 64

  enum CodingKeys: String, CodingKey {
    case maxSteps = "max_steps"
    case batchSize = "batch_size"
    case gradAccumSteps = "grad_accum_steps"
    case learningRate = "learning_rate"
    case betas
    case eps
    case weightDecay = "weight_decay"
    case clipGrad = "clip_grad"
    case emaDecay = "ema_decay"
    case scheduler
    case seed
    case logEvery = "log_every"
    case checkpointEvery = "checkpoint_every"
    case keepLast = "keep_last"
    case keepEvery = "keep_every"
    case sampleEvery = "sample_every"
    case sampleCount = "sample_count"
  }

  /// Creates the section with SiT's values.
  public init() {}
}

/// The learning rate over time.
public struct SchedulerSection: Codable, Equatable, Sendable {
  /// `constant`, `linear` or `cosine`.
  public var type = "constant"
  /// The steps of the warm-up.
  public var warmupSteps = 0
  /// Whether the rate climbs from zero in the warm-up; else it holds.
  public var warmupFromZero = true
  /// The step at which the decay ends, or null for the last one.
  @Nullable public var decayEndSteps: Int?
  /// The rate after the decay.
  public var finalLR = 0.0

  enum CodingKeys: String, CodingKey {
    case type
    case warmupSteps = "warmup_steps"
    case warmupFromZero = "warmup_from_zero"
    case decayEndSteps = "decay_end_steps"
    case finalLR = "final_lr"
  }

  /// Creates a constant schedule.
  public init() {}
}

/// How images are sampled.
public struct SamplerSection: Codable, Equatable, Sendable {
  /// `ODE` or `SDE`.
  public var mode = "ODE"
  /// For an ODE `euler`, `heun`, `midpoint`, `heun3`, `rk4` or `dopri5`; for an SDE `Euler` or `Heun`.
  public var samplingMethod = "euler"
  /// The points of the time grid: an ODE makes one step less, an SDE as many with its last step.
  public var numSteps = 50
  /// The size of one more step of an ODE, from where the grid ends, that takes out noise left there;
  /// null for none.
  @Nullable public var denoiseStep: Double?
  /// The absolute error allowed by dopri5.
  public var atol = 1e-6
  /// The relative error allowed by dopri5.
  public var rtol = 1e-3
  /// The diffusion of an SDE: `sigma`, `linear`, `decreasing`, `increasing-decreasing`, `constant`
  /// or `SBDM`.
  public var diffusionForm = "sigma"
  /// The factor on the diffusion.
  public var diffusionNorm = 1.0
  /// The last step of an SDE: `Mean`, `Tweedie`, `Euler` or `None`.
  public var lastStep = "Mean"
  /// The size of that step.
  public var lastStepSize = 0.04
  /// The rule from floats to bytes: `sit`, `repa` or `rae`.
  public var quantize = "sit"

  enum CodingKeys: String, CodingKey {
    case mode
    case samplingMethod = "sampling_method"
    case numSteps = "num_steps"
    case denoiseStep = "denoise_step"
    case atol
    case rtol
    case diffusionForm = "diffusion_form"
    case diffusionNorm = "diffusion_norm"
    case lastStep = "last_step"
    case lastStepSize = "last_step_size"
    case quantize
  }

  /// Creates the section of a 50-point Euler ODE.
  public init() {}
}

/// The guidance of samples away from the unconditional prediction.
public struct GuidanceSection: Codable, Equatable, Sendable {
  /// The full scale `s` of `uncond + s (cond − uncond)`; 1 is no guidance.
  public var scale = 1.0
  /// The first time with guidance, 0 being noise.
  public var tMin = 0.0
  /// The last time with guidance, 1 being data.
  public var tMax = 1.0
  /// The leading channels that are guided, or null for all; SiT and DiT guide 3 of 4.
  @Nullable public var channels: Int?

  enum CodingKeys: String, CodingKey {
    case scale
    case tMin = "t_min"
    case tMax = "t_max"
    case channels
  }

  /// Creates the section without guidance.
  public init() {}
}

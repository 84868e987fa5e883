/// The optimization of a run.
public struct TrainingSection: Codable, Equatable, Sendable {
  /// The number of optimizer steps.
  public var maxSteps = 100_000
  /// The samples of one optimizer step.
  public var batchSize = 256
  /// The micro-batches that a step is cut into; it saves memory.
  public var gradAccumSteps = 1
  /// What the backward pass computes again, for less memory of activations: `none`, `selective` (all
  /// but the results of products as wide as the network) or `full` (each block, a third slower).
  public var activationCheckpointing = "none"
  /// Whether each parameter is updated within the backward pass, so that gradients never exist all at
  /// once; without clipping and micro-batches alone.
  public var optimizerInBackward = false
  /// The learning rate, at the end of the warm-up.
  public var learningRate = 1e-4
  /// The decays of AdamW's two moments.
  public var betas = [0.9, 0.999]
  /// Added to the root of AdamW's second moment.
  public var eps = 1e-8
  /// The decoupled weight decay.
  public var weightDecay = 0.0
  /// Globs over the names of parameters that stay as they are, such as `blocks.*.attn.*`.
  public var freeze: [String] = []
  /// Globs over the names of the only parameters that are trained; empty for all.
  public var trainOnly: [String] = []
  /// Learning rates of some parameters; the first rule that matches counts.
  public var learningRates: [LearningRateRule] = []
  /// Weight decays of some parameters; the first rule that matches counts.
  public var weightDecays: [WeightDecayRule] = []
  /// The largest norm of the gradient, or null for no clipping.
  @Nullable public var clipGrad: Double?
  /// The weight of REPA's alignment loss; 0 leaves its projectors as they are.
  public var projCoeff = 0.0
  /// The file of the encoder whose features of the pictures REPA's model is aligned to, or null where
  /// the data hold the features.
  @Nullable public var encoder: String?
  /// The encoder that the file must hold, such as REPA's `dinov2-vit-b`, or null for what it holds.
  @Nullable public var encType: String?
  /// The decay of the parameters' moving average.
  public var emaDecay = 0.9999
  /// Decays of further averages, each stored beside the first.
  public var emaDecays: [Double] = []
  /// Whether the averages forget fast at first, as diffusers' `EMAModel` does:
  /// `min(decay, (1 + n) / (10 + n))` after `n` updates.
  public var emaWarmup = false
  /// Relative widths of power-function averages, of which averages of any width can be made afterwards.
  public var posthocEMA: [Double] = []
  /// Steps between snapshots of these averages; the last step always makes one.
  public var posthocEMAEvery = 1000
  /// The learning rate over time.
  public var scheduler = SchedulerSection()
  /// The seed of data order, noise, times and, for a fresh model, its weights.
  public var seed = 0
  /// Steps between lines of progress and metrics.
  public var logEvery = 50
  /// Steps between checkpoints; the last step always makes one.
  public var checkpointEvery = 1000
  /// Minutes of wall clock between checkpoints beside those, or null for none.
  @Nullable public var saveEveryMinutes: Double?
  /// The newest checkpoints that are kept.
  public var keepLast = 2
  /// Checkpoints at multiples of this step are kept for good, or null for none.
  @Nullable public var keepEvery: Int?
  /// What is done about a step that goes wrong: `stop`, `skip` or `rollback`.
  public var onSpike = "stop"
  /// A loss or gradient norm above this many times the median of the last 100 steps goes wrong; null
  /// where only NaN and infinity do.
  @Nullable public var spikeFactor: Double?
  /// The batches that may be left out for that.
  public var maxSpikes = 10
  /// Steps between grids of samples, or null for none.
  @Nullable public var sampleEvery: Int?
  /// The images of such a grid.
  public var sampleCount = 64

  enum CodingKeys: String, CodingKey {
    case maxSteps = "max_steps"
    case batchSize = "batch_size"
    case gradAccumSteps = "grad_accum_steps"
    case activationCheckpointing = "activation_checkpointing"
    case optimizerInBackward = "optimizer_in_backward"
    case learningRate = "learning_rate"
    case betas
    case eps
    case weightDecay = "weight_decay"
    case freeze
    case trainOnly = "train_only"
    case learningRates = "learning_rates"
    case weightDecays = "weight_decays"
    case clipGrad = "clip_grad"
    case projCoeff = "proj_coeff"
    case encoder
    case encType = "enc_type"
    case emaDecay = "ema_decay"
    case emaDecays = "ema_decays"
    case emaWarmup = "ema_warmup"
    case posthocEMA = "posthoc_ema"
    case posthocEMAEvery = "posthoc_ema_every"
    case scheduler
    case seed
    case logEvery = "log_every"
    case checkpointEvery = "checkpoint_every"
    case saveEveryMinutes = "save_every_minutes"
    case keepLast = "keep_last"
    case keepEvery = "keep_every"
    case onSpike = "on_spike"
    case spikeFactor = "spike_factor"
    case maxSpikes = "max_spikes"
    case sampleEvery = "sample_every"
    case sampleCount = "sample_count"
  }

  /// Creates the section with SiT's values.
  public init() {}

  /// The averages beside that of ``emaDecay``.
  var furtherAverages: [MovingAverage] {
    emaDecays.map { .exponential(decay: $0) } + posthocEMA.map { .power(width: $0) }
  }
}

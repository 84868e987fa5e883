/// Everything that a training run is told, with its defaults: the root of a configuration file.
///
/// The keys follow RAE's YAML where it has them; `configs/` shows each with its meaning.
public struct RunConfiguration: Codable, Equatable, Sendable {
  /// The network.
  public var model = ModelSection()
  /// What it is trained on.
  public var data = DataSection()
  /// The path between noise and data.
  public var transport = TransportSection()
  /// The slowed interpolation of MixFlow.
  public var mixflow = MixFlowSection()
  /// The optimization.
  public var training = TrainingSection()
  /// How images are sampled, during training and after.
  public var sampler = SamplerSection()
  /// The guidance of samples.
  public var guidance = GuidanceSection()

  /// Creates the default configuration.
  public init() {}
}

/// The network: a published size by name, or sizes of its own.
public struct ModelSection: Codable, Equatable, Sendable {
  /// A published name such as `SiT-XL/2`, which sets patch, width, depth and heads; null to set them.
  @Nullable public var name: String?
  /// The side of the input.
  public var inputSize = 32
  /// The side of a patch.
  public var patchSize = 2
  /// The channels of the input.
  public var inChannels = 4
  /// The width of a token.
  public var hiddenSize = 384
  /// The number of blocks.
  public var depth = 12
  /// The number of attention heads.
  public var numHeads = 6
  /// The hidden width of feed-forward layers over the width.
  public var mlpRatio = 4
  /// The number of classes.
  public var numClasses = 1000
  /// The share of labels dropped in training; above 0 the model has a null class and can be guided.
  public var classDropoutProb = 0.1
  /// Whether the last layer predicts twice the channels, as SiT's released models do.
  public var learnSigma = true

  enum CodingKeys: String, CodingKey {
    case name
    case inputSize = "input_size"
    case patchSize = "patch_size"
    case inChannels = "in_channels"
    case hiddenSize = "hidden_size"
    case depth
    case numHeads = "num_heads"
    case mlpRatio = "mlp_ratio"
    case numClasses = "num_classes"
    case classDropoutProb = "class_dropout_prob"
    case learnSigma = "learn_sigma"
  }

  /// Creates the section of a SiT-S/2 on latents of 256-pixel images.
  public init() {}
}

/// What the model is trained on.
public struct DataSection: Codable, Equatable, Sendable {
  /// A folder of IDX files, or of one folder of PNG files for each class.
  @Nullable public var path: String?
  /// The part of the data, `train` or `test`, where the folder has both.
  public var split = "train"
  /// The side that images are reduced to by area, or null to take them as they are.
  @Nullable public var resize: Int?
  /// Whether half of the images are mirrored.
  public var flip = false

  /// Creates an empty section.
  public init() {}
}

/// The path between noise and data, and what the network predicts.
public struct TransportSection: Codable, Equatable, Sendable {
  /// `Linear`, `GVP` or `VP`.
  public var pathType = "Linear"
  /// `velocity`, `noise` or `score`.
  public var prediction = "velocity"
  /// `none`, `velocity` or `likelihood`; noise and score prediction use it.
  public var lossWeight = "none"
  /// The law of the training time: `uniform`, `logit-normal_<mean>_<deviation>` or `beta_2_1`.
  public var timeDistType = "uniform"
  /// The shift of times towards noise, at least 1.
  public var timeDistShift = 1.0
  /// The margin of training times, or null for the path's own.
  @Nullable public var trainEps: Double?
  /// The margin of sampling times, or null for the path's own.
  @Nullable public var sampleEps: Double?

  enum CodingKeys: String, CodingKey {
    case pathType = "path_type"
    case prediction
    case lossWeight = "loss_weight"
    case timeDistType = "time_dist_type"
    case timeDistShift = "time_dist_shift"
    case trainEps = "train_eps"
    case sampleEps = "sample_eps"
  }

  /// Creates the section of SiT: the linear path, velocity, uniform times.
  public init() {}
}

/// The slowed interpolation of MixFlow (Li et al., 2025).
public struct MixFlowSection: Codable, Equatable, Sendable {
  /// The mixture range coefficient in `[0, 1]`, or null for plain training.
  @Nullable public var gamma: Double?
  /// `constant`, the paper's range `γ t`, or `vanishing` towards data, `γ t (1 − t)`.
  public var range = "constant"
  /// The time at which the velocity target is taken on curved paths, `t` or `m`.
  public var targetTime = "t"

  enum CodingKeys: String, CodingKey {
    case gamma
    case range
    case targetTime = "target_time"
  }

  /// Creates the section of plain training.
  public init() {}
}

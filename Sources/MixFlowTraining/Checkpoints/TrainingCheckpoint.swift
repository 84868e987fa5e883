import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// Everything that a run needs to go on as if it had not stopped.
///
/// Data order, noise, times and dropped labels are functions of the seed and the step, so that the
/// weights, the optimizer's state and the step are all there is. The file holds no clock: equal runs
/// write equal bytes.
public struct TrainingCheckpoint {
  /// The number of optimizer steps made.
  public let step: Int
  /// The run's configuration.
  public let configuration: RunConfiguration
  /// The model's sizes.
  public let model: ModelConfiguration
  /// The fingerprint of the data.
  public let dataFingerprint: UInt64
  /// The losses of the steps since the last line of metrics.
  public let recentLosses: [Double]
  /// The misalignments of these steps; none without alignment.
  public let recentProjectionLosses: [Double]
  /// The encoder that the model was aligned to; nil without alignment.
  public let encoder: EncoderOrigin?
  /// Where the parts of the state are, as seen from the step.
  public let positions: RunPositions
  /// The batches that were left out so far.
  let skippedBatches: SkippedBatches
  /// The steps that a spike is told by; nil where none is.
  let spikeHistory: SpikeDetector.History?
  private let state: StateDict

  /// The keys of the metadata in the file's header.
  package enum MetadataKey {
    package static let step = "mixflow.step"
    package static let model = "mixflow.model"
    package static let configuration = "mixflow.configuration"
    package static let fingerprint = "mixflow.data_fingerprint"
    package static let latents = "mixflow.latent_origin"
    package static let recentLosses = "mixflow.recent_losses"
    package static let recentProjectionLosses = "mixflow.recent_proj_losses"
    package static let encoder = "mixflow.encoder"
    package static let positions = "mixflow.positions"
    package static let skipped = "mixflow.skipped_batches"
    package static let spikes = "mixflow.spike_history"
    package static let posthoc = "mixflow.posthoc_ema"
  }

  /// Opens a checkpoint; tensors are read as they are needed.
  ///
  /// - Parameter path: A checkpoint that a ``TrainingRun`` wrote.
  /// - Throws: `CheckpointError` for a file that is malformed or is not a training checkpoint.
  public init(contentsOf path: String) throws {
    let file = try SafeTensorsFile(contentsOf: path)
    step = try file.metadata(MetadataKey.step, as: Int.self)
    configuration = try Self.configuration(of: file)
    model = try file.metadata(MetadataKey.model, as: ModelConfiguration.self)
    dataFingerprint = try file.metadata(MetadataKey.fingerprint, as: UInt64.self)
    func optional<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value? {
      file.metadata[key] == nil ? nil : try file.metadata(key, as: type)
    }
    recentLosses = try optional(MetadataKey.recentLosses, as: [Double].self) ?? []
    recentProjectionLosses =
      try optional(MetadataKey.recentProjectionLosses, as: [Double].self) ?? []
    encoder = try optional(MetadataKey.encoder, as: EncoderOrigin.self)
    positions = try optional(MetadataKey.positions, as: RunPositions.self) ?? RunPositions()
    skippedBatches = SkippedBatches(
      try optional(MetadataKey.skipped, as: [Int].self) ?? [])
    spikeHistory = try optional(MetadataKey.spikes, as: SpikeDetector.History.self)
    state = StateDict(file).copying
  }

  /// Reads the configuration in a file's header.
  static func configuration(of file: any TensorFile) throws -> RunConfiguration {
    let key = MetadataKey.configuration
    guard let text = file.metadata[key] else {
      throw CheckpointError.metadata(key: key, reason: "missing", file: file.path)
    }
    do {
      return try RunConfiguration(saved: text)
    } catch let error as DecodingError {
      throw CheckpointError.metadata(key: key, reason: error.reason, file: file.path)
    }
  }

  /// Builds the model with the weights that the optimizer changes.
  public func makeModel() throws -> any ClassConditionalModel {
    let source = CheckpointParameters(try state.weights(.raw))
    let model = try model.makeModel(from: source, configuration.lora)
    try source.expectAllRead()
    return model
  }

  /// Whether the file has the state of a parameter's optimizer.
  func trains(_ parameter: Parameter) -> Bool {
    state.shape(of: StateDict.Prefix.first + parameter.name) != nil
  }

  /// Reads AdamW's moments of a parameter.
  func readMoments(of parameter: Parameter, into state: inout AdamW.State) throws {
    state.first = try tensor(StateDict.Prefix.first, parameter)
    state.second = try tensor(StateDict.Prefix.second, parameter)
  }

  /// Reads the averages of a parameter.
  ///
  /// - Parameters:
  ///   - parameter: The parameter.
  ///   - averages: The averages that the optimizer keeps beside the first.
  ///   - isKept: Whether one of them is taken from the file.
  ///   - state: The parameter's state.
  /// - Throws: `CheckpointError` when the file does not fit.
  func readAverages(
    of parameter: Parameter, _ averages: [MovingAverage], where isKept: (MovingAverage) -> Bool,
    into state: inout AdamW.State
  ) throws {
    state.average = try tensor(StateDict.Prefix.average, parameter)
    for (place, average) in averages.enumerated() where isKept(average) {
      state.furtherAverages[place] = try tensor(StateDict.Prefix.further(average), parameter)
    }
  }

  /// Takes a trainer back to where it was.
  ///
  /// - Parameter trainer: A trainer of the same model.
  /// - Throws: `CheckpointError` when the file does not fit; a part of the trainer may then have changed.
  func restore(_ trainer: Trainer) throws {
    for parameter in trainer.model.parameters where parameter.isTrainable {
      parameter.assign(try tensor(StateDict.Prefix.model, parameter))
    }
    let options = trainer.optimizer.options
    try trainer.optimizer.restore(step: step + positions.optimizer) { parameter in
      var state = AdamW.State(freshFor: parameter, options)
      try readMoments(of: parameter, into: &state)
      try readAverages(
        of: parameter, options.furtherAverages,
        where: configuration.training.furtherAverages.contains, into: &state)
      return state
    }
  }

  private func tensor(_ prefix: String, _ parameter: Parameter) throws -> Tensor {
    try state.tensor(prefix + parameter.name, shape: parameter.shape)
  }
}

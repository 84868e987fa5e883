import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// A training checkpoint of this library, to be written as the network's own training program
/// writes its, so that PyTorch goes on with it.
///
/// Weights, averages and moments are read from the mapped file as they are written.
public struct TrainingExport {
  /// The number of optimizer steps made.
  public let step: Int
  /// The model's sizes.
  public let sizes: ModelConfiguration
  private let configuration: RunConfiguration
  private let metadata: [(key: String, value: TorchItem)]
  private let positions: RunPositions
  private let state: StateDict
  private let model: any ClassConditionalModel

  /// Tells whether a file is a training checkpoint of this library, with the moments of a network's own
  /// parameters.
  ///
  /// - Parameter path: A safetensors or PyTorch file.
  /// - Returns: Whether ``init(contentsOf:)`` reads it.
  /// - Throws: `CheckpointError` for a file that is neither.
  public static func isPossible(for path: String) throws -> Bool {
    let file = try CheckpointFormat.open(path)
    let state = StateDict(file)
    return file.metadata[TrainingCheckpoint.MetadataKey.step] != nil
      && state.hasPrefix(StateDict.Prefix.first) && state.adaptedLayers.isEmpty
  }

  /// Opens a training checkpoint.
  ///
  /// - Parameter path: A file of a run's folder `checkpoints`.
  /// - Throws: `CheckpointError` for a file that is malformed or no training checkpoint.
  public init(contentsOf path: String) throws {
    typealias Key = TrainingCheckpoint.MetadataKey
    let file = try SafeTensorsFile(contentsOf: path)
    step = try file.metadata(Key.step, as: Int.self)
    sizes = try file.metadata(Key.model, as: ModelConfiguration.self)
    configuration = try TrainingCheckpoint.configuration(of: file)
    metadata = [Key.model, Key.configuration, Key.latents].compactMap { key in
      file.metadata[key].map { (key: key, value: .string($0)) }
    }
    state = StateDict(file)
    let source = CheckpointParameters(try state.weights(.raw))
    model = try sizes.makeModel(from: source)
    try source.expectAllRead()
    try ParameterSelection(configuration).apply(to: model.parameters)
    positions =
      file.metadata[Key.positions] == nil
      ? RunPositions() : try file.metadata(Key.positions, as: RunPositions.self)
  }

  /// Writes a PyTorch file, which `torch.load` reads with `weights_only=True`.
  ///
  /// SiT, DiT and REPA: `model`, `ema`, `opt`, `args` (a `dict`) and `steps`. RAE: `step`, `epoch`,
  /// `model`, `ema`, `optimizer` and `scheduler`. Our sizes and configuration are beside them, as text.
  ///
  /// - Parameter path: The file to write.
  /// - Throws: `CheckpointError` when it cannot be written, or a tensor is missing.
  public func write(to path: String) throws {
    try TorchWriter.write(.dictionary(try entries + metadata), to: path)
  }

  private var entries: [(key: String, value: TorchItem)] {
    get throws {
      let weights: [(key: String, value: TorchItem)] = [
        ("model", try stateDict(.raw)), ("ema", try stateDict(.ema)),
      ]
      let optimizer = TorchOptimizerState(
        configuration.training, step: step + positions.optimizer,
        rate: try configuration.training.schedule().rate(at: step + positions.schedule),
        initialRate: isRAE ? configuration.training.learningRate : nil)
      let moments = try optimizer.item(of: model.parameters) { prefix, parameter in
        try state.tensor(prefix + parameter.name, shape: parameter.shape)
      }
      guard isRAE else {
        return weights
          + [
            ("opt", moments), ("args", .dictionary(TorchArguments(configuration, sizes).entries)),
            ("steps", .int(step)),
          ]
      }
      return [("step", .int(step)), ("epoch", .int(epoch))] + weights
        + [("optimizer", moments), ("scheduler", optimizer.scheduler)]
    }
  }

  private var isRAE: Bool { [.lightningDiT, .ditDH].contains(sizes.kind) }

  /// The epoch in which RAE goes on, by the images that its files count.
  private var epoch: Int {
    let images = configuration.data.images ?? 1_281_167
    return step / max(1, images / configuration.training.batchSize)
  }

  private func stateDict(_ choice: WeightsChoice) throws -> TorchItem {
    let weights = try state.weights(choice)
    return .stateDict(
      try model.stateDictEntries.map { entry in
        (name: entry.name, value: .float32(try weights.tensor(entry.name)))
      })
  }
}

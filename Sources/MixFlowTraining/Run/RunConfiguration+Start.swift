import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

extension RunConfiguration {
  /// Makes the model of a new run, and the state that it begins with.
  ///
  /// - Parameters:
  ///   - start: Where the weights come from.
  ///   - sizes: The model's sizes.
  ///   - data: What the run is trained on.
  /// - Returns: The model, in the time of its own code, and the state.
  /// - Throws: An error that names the key or the file.
  func begin(
    from start: TrainingRun.Start, _ sizes: ModelConfiguration, data: any DataSource
  ) throws -> (any ClassConditionalModel, InitialState) {
    let seed = UInt64(training.seed)
    guard case .weights(let path, let choice, let warm) = start else {
      return (try sizes.makeModel(from: RandomParameters(seed: seed), lora), InitialState())
    }
    let file = try CheckpointFormat.open(path)
    let tensors = StateDict(file)
    // A training checkpoint holds its network below a prefix, beside other things.
    if !tensors.hasPrefix(StateDict.Prefix.model) { try tensors.expectNetwork() }
    try checkStart(from: path, sizes: sizes)
    var state = InitialState()
    if !warm.parts.isEmpty {
      let checkpoint = try TrainingCheckpoint(contentsOf: path)
      try checkLoading(warm.parts, of: checkpoint, path, data: data)
      state = InitialState(warm.parts, of: checkpoint, for: self)
    }
    let weights = try tensors.copying.weights(warm.weights(choice))
    try weights.checkAdapters(warm.parts)
    let source = PartialParameters(try weights.mergingAdapters(of: file), warm, seed: seed)
    let model = try sizes.makeModel(from: source, lora, fresh: RandomParameters(seed: seed))
    try source.expectAllRead()
    state.reinitialised = Set(source.reinitialised)
    return (model, state)
  }

  /// The values that a run trains; nil for all of them.
  func trainedValues(of sizes: ModelConfiguration) throws -> Int? {
    guard !training.freeze.isEmpty || !training.trainOnly.isEmpty || lora.rank != nil else {
      return nil
    }
    return try SelectionReport(self, of: sizes).trainedValues
  }
}

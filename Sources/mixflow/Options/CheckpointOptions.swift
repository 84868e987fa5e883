import ArgumentParser
import MixFlowConfiguration
import MixFlowModels
import MixFlowTraining

/// The options that say which trained model a command uses.
struct CheckpointOptions: ParsableArguments {
  @Option(name: .long, help: "The checkpoint (safetensors or PyTorch).")
  var ckpt: String?

  @Option(
    name: .long,
    help: "A configuration file (YAML), this program's or RAE's, that wins over the checkpoint's.")
  var config: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Which weights to use: auto (EMA if there), ema, raw, ema:DECAY of training.ema_decays, or "
        + "posthoc:WIDTH of training.posthoc_ema."))
  var weights = WeightsChoice.auto

  @Option(
    name: .long,
    help: "A folder of low-rank adapters, as PEFT or 'mixflow adapter extract' writes it.")
  var adapter: String?

  @Option(name: .long, help: "A factor on the adapters; 1 by default.")
  var adapterScale: Double?

  @Option(name: .long, help: "The network: DiT for a bare file of one; its keys are a SiT's.")
  var modelType: ModelKind?

  @OptionGroup var heads: HeadsOption

  /// Reads the checkpoint by its own sizes and settings, or by the configuration file's.
  ///
  /// - Parameter console: Where the notes on a file of RAE go.
  /// - Returns: The file's path and what it holds.
  /// - Throws: An error that names the file, the key or the option.
  func read(_ console: Console) throws -> (path: String, checkpoint: ModelCheckpoint) {
    let (path, checkpoint) = try open(console)
    try heads.check(checkpoint.sizes, in: path)
    if let modelType, modelType != checkpoint.sizes.kind {
      throw ValidationError(
        "'--model-type \(modelType.rawValue)' contradicts \(path), which holds a "
          + "\(checkpoint.sizes.kind.rawValue).")
    }
    return (path, checkpoint)
  }

  func validate() throws {
    guard adapterScale == nil || adapter != nil else {
      throw ValidationError("'--adapter-scale' needs '--adapter FOLDER'.")
    }
    guard adapterScale?.isFinite ?? true else {
      throw ValidationError("'--adapter-scale' must be a finite number.")
    }
  }

  /// The adapters, where there are any.
  private func adapterUse() throws -> AdapterUse? {
    try adapter.map {
      AdapterUse(try AdapterFolder(contentsOf: $0), strength: adapterScale ?? 1)
    }
  }

  private func open(_ console: Console) throws -> (path: String, checkpoint: ModelCheckpoint) {
    guard let config else {
      // In `validate()` this would hide a misspelt option, which ArgumentParser reports only after it.
      guard let path = ckpt else {
        throw ValidationError("Give '--ckpt FILE', or '--config FILE' with model.ckpt in it.")
      }
      return (
        path,
        try ModelCheckpoint(
          contentsOf: path, weights: weights, kind: modelType, heads: heads.heads,
          adapter: try adapterUse())
      )
    }
    let reading = try ConfigurationFile.read(path: config)
    for note in reading.notes { console.say("note: \(note)") }
    guard let path = ckpt ?? reading.configuration.model.ckpt else {
      throw ConfigurationError(
        key: "model.ckpt", problem: "is null in \(config); set it, or give '--ckpt FILE'")
    }
    return (
      path,
      try ModelCheckpoint(
        contentsOf: path, weights: weights, as: reading.configuration, adapter: try adapterUse())
    )
  }
}

extension ModelKind: ExpressibleByArgument {
  /// Reads a name in any case.
  public init?(argument: String) {
    guard
      let kind = Self.allCases.first(where: { $0.rawValue.lowercased() == argument.lowercased() })
    else { return nil }
    self = kind
  }
}

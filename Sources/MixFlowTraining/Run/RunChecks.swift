import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTransport

extension RunConfiguration {
  /// Refuses weights that were trained for something else than this configuration says.
  ///
  /// - Parameters:
  ///   - path: The file, which may carry a configuration of its own.
  ///   - sizes: The model's sizes.
  /// - Throws: ``ConfigurationError`` that names the first key that differs.
  func checkStart(from path: String, sizes: ModelConfiguration) throws {
    let file = try CheckpointFormat.open(path)
    if file.metadata[TrainingCheckpoint.MetadataKey.model] != nil {
      let found = try file.metadata(
        TrainingCheckpoint.MetadataKey.model, as: ModelConfiguration.self)
      try found.expectSame(as: sizes, file: path)
    }
    guard file.metadata[TrainingCheckpoint.MetadataKey.configuration] != nil else { return }
    let saved = try TrainingCheckpoint.configuration(of: file).transport.intervals()
    let wanted = try transport.intervals()
    guard saved.path == wanted.path else {
      throw ConfigurationError(
        key: "transport.path_type",
        problem: "is \(wanted.path.rawValue), but \(path) was trained with \(saved.path.rawValue)")
    }
    guard saved.prediction == wanted.prediction else {
      throw ConfigurationError(
        key: "transport.prediction",
        problem: "is \(wanted.prediction.rawValue), but \(path) was trained with "
          + saved.prediction.rawValue)
    }
  }

  /// Refuses grids of samples that cannot be made into pictures.
  func checkSampling(_ sizes: ModelConfiguration, _ origin: LatentOrigin?) throws {
    do {
      _ = try sampleDecoder(for: sizes.sampleShape, origin: origin, file: data.path ?? "the data")
    } catch let error as ConfigurationError where autoencoder.files.isEmpty {
      throw ConfigurationError(
        key: error.key, problem: error.problem + ", or set training.sample_every: null")
    }
  }

  /// Refuses a run that needs more memory than the machine has.
  func checkMemory(
    _ sizes: ModelConfiguration, _ alignment: Alignment?
  ) throws {
    try TrainingMemory(
      sizes, training, encoder: alignment?.encoder, trained: try trainedValues(of: sizes)
    )
    .check(against: ProcessInfo.processInfo.physicalMemory, training)
  }

  /// Refuses changes to a resumed run that would make its past another's.
  ///
  /// - Parameters:
  ///   - saved: The configuration in the checkpoint.
  ///   - step: The number of steps that the run has made.
  /// - Throws: ``ConfigurationError`` that names the key.
  public func checkResume(of saved: RunConfiguration, at step: Int) throws {
    let fixed: [(key: String, isSame: Bool)] = [
      ("model", model == saved.model), ("transport", transport == saved.transport),
      ("lora", lora == saved.lora),
      ("training.batch_size", training.batchSize == saved.training.batchSize),
      ("training.seed", training.seed == saved.training.seed),
      ("training.freeze", training.freeze == saved.training.freeze),
      ("training.train_only", training.trainOnly == saved.training.trainOnly),
      ("training.ema_decays", training.emaDecays == saved.training.emaDecays),
      ("training.posthoc_ema", training.posthocEMA == saved.training.posthocEMA),
      ("validation.fraction", validation.fraction == saved.validation.fraction),
    ]
    if let changed = fixed.first(where: { !$0.isSame }) {
      throw ConfigurationError(
        key: changed.key,
        problem: "cannot change when a run is resumed; start a new run with --init-from instead")
    }
    guard step < training.maxSteps else {
      throw ConfigurationError(
        key: "training.max_steps",
        problem:
          "is \(training.maxSteps), and the run is at step \(step) already; raise it to go on")
    }
  }
}

extension ModelConfiguration {
  /// Refuses to take the weights of a model with other options: some leave no trace in the shapes.
  ///
  /// - Parameters:
  ///   - wanted: The model that is to be trained.
  ///   - file: The file with the weights, for the error.
  /// - Throws: ``ConfigurationError`` that names what differs.
  fileprivate func expectSame(
    as wanted: ModelConfiguration, file: String
  ) throws(ConfigurationError) {
    guard kind == wanted.kind else {
      throw ConfigurationError(
        key: "model.type",
        problem: "is \(wanted.kind.rawValue), but \(file) holds a \(kind.rawValue)")
    }
    let (found, sought) = (ModelSection(self).numHeads, ModelSection(wanted).numHeads)
    guard found == sought else {
      func text(_ heads: StageSizes) -> String {
        heads.encoder == heads.head ? "\(heads.encoder)" : "\(heads.encoder) and \(heads.head)"
      }
      throw ConfigurationError(
        key: "model.num_heads",
        problem: "is \(text(sought)), but \(file) was trained with \(text(found))")
    }
  }
}

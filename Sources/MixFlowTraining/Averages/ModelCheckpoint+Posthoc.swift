import MixFlowCheckpoint
import MixFlowModels

extension ModelCheckpoint {
  /// Reads a run's model, with an average of any width in place of what was trained.
  ///
  /// The rest, which is frozen, and the configuration are those of the newest checkpoint.
  ///
  /// - Parameters:
  ///   - average: The average.
  ///   - folder: The run's folder.
  /// - Throws: ``PosthocError`` or `CheckpointError` for a snapshot that is damaged or of another model,
  ///   ``TrainingError/run(folder:problem:)`` for a folder without checkpoints.
  public init(_ average: PosthocReconstruction, ofRun folder: String) throws {
    let checkpoints = CheckpointFolder(of: folder)
    let path = checkpoints.file(of: try checkpoints.newest())
    let file = try SafeTensorsFile(contentsOf: path)
    let sizes = try file.metadata(
      TrainingCheckpoint.MetadataKey.model, as: ModelConfiguration.self)
    if let other = average.terms.first(where: { $0.snapshot.model != sizes }) {
      throw PosthocError.otherRun(
        file: other.snapshot.path, difference: "it holds another model than \(path)")
    }
    let state = StateDict(file)
    let raw = try state.weights(.raw)
    let trained = raw.keys.compactMap { name in
      state.shape(of: StateDict.Prefix.first + name).map { (name: name, shape: $0) }
    }
    try self.init(file, raw.replacing(try average.values(of: trained), removing: []), .ema)
  }
}

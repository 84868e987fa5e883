import MixFlowCheckpoint
import MixFlowModels

/// What a snapshot of a run's power-function averages says of itself.
///
/// A snapshot is a file such as `DIR/posthoc-ema/0001000.safetensors` with a manifest beside it, as
/// checkpoints have. It holds the averages of what is trained, each below `StateDict.Prefix`'s
/// `posthoc_0.05.` and so on; what is frozen is in the run's checkpoints.
public struct PosthocSnapshot: Equatable, Sendable {
  /// What the header tells of the averages.
  package struct Description: Codable, Equatable, Sendable {
    /// The number of updates that the averages have seen.
    package var updates: Int
    /// The averages, in the order of the file.
    package var averages: [Average]

    /// One average.
    package struct Average: Codable, Equatable, Sendable {
      /// The relative width.
      package var width: Double
      /// The exponent that belongs to it, for other readers.
      package var exponent: Double

      package enum CodingKeys: String, CodingKey {
        case width = "sigma_rel"
        case exponent = "gamma"
      }
    }
  }

  /// The number of optimizer steps made.
  public let step: Int
  /// The number of updates that the averages have seen, from 1; other than the step in a run that took a
  /// step or averages from another.
  public let updates: Int
  /// The relative widths of the averages.
  public let widths: [Double]
  /// The model's sizes.
  let model: ModelConfiguration
  /// What the file was when it was written.
  let manifest: CheckpointFolder.Manifest
  /// The path of the file.
  let path: String

  /// Reads the header of a snapshot.
  ///
  /// - Parameters:
  ///   - manifest: What the folder says of it.
  ///   - folder: The folder.
  /// - Throws: `CheckpointError` for a file that is malformed or no snapshot.
  init(_ manifest: CheckpointFolder.Manifest, in folder: CheckpointFolder) throws(CheckpointError) {
    typealias Key = TrainingCheckpoint.MetadataKey
    path = folder.file(of: manifest)
    self.manifest = manifest
    let file = try SafeTensorsFile(contentsOf: path)
    let averages = try file.metadata(Key.posthoc, as: Description.self)
    step = try file.metadata(Key.step, as: Int.self)
    model = try file.metadata(Key.model, as: ModelConfiguration.self)
    updates = averages.updates
    widths = averages.averages.map(\.width)
    guard updates > 0, !widths.isEmpty, widths.allSatisfy(PowerProfile.isWidth) else {
      throw CheckpointError.metadata(
        key: Key.posthoc, reason: "averages \(widths) after \(updates) updates", file: path)
    }
  }

  /// The profiles of the averages.
  var profiles: [PowerProfile] { widths.map { PowerProfile(width: $0, updates: updates) } }
}

extension CheckpointFolder {
  /// Names the snapshots of the averages of the run in `runFolder`.
  init(ofSnapshotsIn runFolder: String) {
    self.init(of: runFolder, named: "posthoc-ema")
  }
}

import Foundation
import MixFlowCheckpoint

extension CheckpointFolder {
  /// Deletes what a kill left in the run's folders: files that were being written, and checkpoints
  /// without a manifest, whose steps the run makes again or had given up.
  ///
  /// - Parameter runFolder: The run's folder, whose checkpoints these are.
  /// - Throws: An error of the file system.
  public func removeLeftovers(of runFolder: String) throws {
    for folder in [runFolder, "\(runFolder)/samples", "\(runFolder)/bad-batches", path] {
      for name in Self.names(in: folder) where AtomicFile.isTemporary(name) {
        try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      }
    }
    let names = Set(Self.names(in: path))
    for name in names where Self.isCheckpoint(name) {
      let manifest = name.dropLast(Self.ending.count) + ".json"
      guard !names.contains(String(manifest)) else { continue }
      try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
  }

  private static let ending = ".safetensors"

  /// Whether a file has the name of a checkpoint of ours: at least seven digits.
  private static func isCheckpoint(_ name: String) -> Bool {
    guard name.hasSuffix(ending) else { return false }
    let digits = name.dropLast(ending.count)
    return digits.count >= 7 && digits.allSatisfy { $0.isASCII && $0.isNumber }
  }

  private static func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }
}

import Foundation
import MixFlowCheckpoint

extension CheckpointFolder {
  /// Opens the newest complete checkpoint whose bytes are those that were written.
  ///
  /// - Parameter onDamage: Told of each newer one that is damaged.
  /// - Returns: The checkpoint.
  /// - Throws: ``TrainingError/run(folder:problem:)`` when there is none, or the error of the newest when
  ///   all are damaged.
  public func newestIntact(
    onDamage: (Manifest, any Error) throws -> Void
  ) throws -> TrainingCheckpoint {
    var first: (any Error)?
    _ = try newest()
    for manifest in complete().reversed() {
      do {
        try verify(manifest)
        return try TrainingCheckpoint(contentsOf: file(of: manifest))
      } catch let error as CheckpointError {
        // A key that a later version wrote is no damage, and an older file would not mend it.
        if case .metadata = error { throw error }
        first = first ?? error
        try onDamage(manifest, error)
      }
    }
    throw first
      ?? TrainingError.run(folder: path, problem: "holds no complete checkpoint to resume from")
  }

  /// Reads a checkpoint whole and compares it with what was written, as far as its manifest tells.
  ///
  /// - Parameter manifest: The checkpoint's.
  /// - Throws: `CheckpointError` that names the part that differs.
  public func verify(_ manifest: Manifest) throws(CheckpointError) {
    let file = try SafeTensorsFile(contentsOf: file(of: manifest))
    if let checksums = manifest.checksums { try file.verify(checksums) }
  }

  /// Gives a damaged checkpoint another name, so that it is neither resumed from nor counted among
  /// those to keep.
  func setAside(_ manifest: Manifest) throws {
    for name in [Self.name(manifest.step) + ".json", manifest.file] {
      let aside = "\(path)/\(name).damaged"
      try? FileManager.default.removeItem(atPath: aside)
      try FileManager.default.moveItem(atPath: "\(path)/\(name)", toPath: aside)
    }
  }

  /// Reads the manifest beside a checkpoint.
  ///
  /// - Parameter file: The checkpoint's path.
  /// - Returns: The manifest.
  /// - Throws: ``TrainingError/run(folder:problem:)`` where there is none that tells checksums.
  public static func manifest(besides file: String) throws -> Manifest {
    let stem = file.hasSuffix(".safetensors") ? String(file.dropLast(12)) : file
    let path = stem + ".json"
    guard let data = FileManager.default.contents(atPath: path),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: data),
      manifest.checksums != nil
    else {
      throw TrainingError.run(
        folder: file,
        problem: "has no manifest with checksums beside it (\(path)); copy both files together")
    }
    return manifest
  }
}

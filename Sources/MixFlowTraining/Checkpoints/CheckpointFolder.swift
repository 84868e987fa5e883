import Foundation
import MixFlowCheckpoint

/// The checkpoints of one run, `DIR/checkpoints/0000100.safetensors`, each with a manifest beside it.
///
/// The manifest is written after the file is safe on disk; a file without one is not complete and is
/// never resumed from.
public struct CheckpointFolder: Sendable {
  /// What the manifest says of a checkpoint.
  ///
  /// Times are here, so that the file itself has none.
  public struct Manifest: Codable, Equatable, Sendable {
    /// The number of optimizer steps made.
    public let step: Int
    /// The name of the file beside the manifest.
    public let file: String
    /// The size of the file in bytes.
    public let bytes: Int
    /// When it was written, in ISO 8601.
    public let written: String
    /// The loss of the last step before it.
    public let loss: Double?
    /// What tells whether the file is as it was written; nil for one of an older version.
    public let checksums: SafeTensorsChecksums?
  }

  /// The folder's path.
  public let path: String

  /// Names the checkpoints of the run in `runFolder`.
  public init(of runFolder: String) {
    self.init(of: runFolder, named: "checkpoints")
  }

  /// Names files that are kept as checkpoints are, in another folder of the run.
  init(of runFolder: String, named name: String) {
    path = "\(runFolder)/\(name)"
  }

  /// The path of the file that a manifest names.
  public func file(of manifest: Manifest) -> String { "\(path)/\(manifest.file)" }

  /// The path of the checkpoint of a step.
  func file(ofStep step: Int) -> String { "\(path)/\(Self.name(step)).safetensors" }

  /// All complete checkpoints, oldest first.
  public func complete() -> [Manifest] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".json") }.compactMap { manifest(named: $0) }
      .sorted { $0.step < $1.step }
  }

  /// The newest complete checkpoint.
  ///
  /// - Returns: Its manifest.
  /// - Throws: ``TrainingError/run(folder:problem:)`` when there is none.
  public func newest() throws -> Manifest {
    guard let newest = complete().last else {
      throw TrainingError.run(folder: path, problem: emptiness)
    }
    return newest
  }

  private func manifest(named name: String) -> Manifest? {
    guard let data = FileManager.default.contents(atPath: "\(path)/\(name)"),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: data),
      let attributes = try? FileManager.default.attributesOfItem(atPath: file(of: manifest)),
      (attributes[.size] as? Int) == manifest.bytes
    else { return nil }
    return manifest
  }

  /// Writes a checkpoint through `write`, then its manifest.
  ///
  /// - Parameters:
  ///   - step: The number of optimizer steps made.
  ///   - loss: The loss of the last one.
  ///   - write: Writes the file to the path it is given, whole or not at all, and returns its checksums.
  /// - Returns: The manifest.
  /// - Throws: What `write` throws, or `CheckpointError` for the manifest.
  public func add(
    step: Int, loss: Double?, write: (_ path: String) throws -> SafeTensorsChecksums
  ) throws -> Manifest {
    try createFolder(path)
    let name = Self.name(step)
    let file = "\(path)/\(name).safetensors"
    let checksums = try write(file)
    let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
    let manifest = Manifest(
      step: step, file: "\(name).safetensors", bytes: size ?? 0,
      written: Date.now.formatted(.iso8601), loss: loss, checksums: checksums)
    try AtomicFile.write(try json(manifest) + "\n", to: "\(path)/\(name).json")
    return manifest
  }

  /// The name of a step's files without their extension: `0000100`.
  static func name(_ step: Int) -> String { zeroPadded(step, to: 7) }

  /// Deletes all but the newest `last` checkpoints and those at multiples of `every`.
  public func prune(keepLast last: Int, keepEvery every: Int?) throws {
    for manifest in complete().dropLast(last) {
      if let every, manifest.step % every == 0 { continue }
      try remove(manifest)
    }
  }

  /// Deletes a checkpoint.
  func remove(_ manifest: Manifest) throws {
    // The manifest goes first: a file without one is never taken for complete.
    try FileManager.default.removeItem(atPath: "\(path)/\(Self.name(manifest.step)).json")
    try FileManager.default.removeItem(atPath: file(of: manifest))
  }
}

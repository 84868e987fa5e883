import Foundation
import MixFlowCheckpoint

/// What the samples of a folder were made with, `samples.json` beside them.
///
/// A run that goes on with a folder compares its own record with it, so that no two settings are
/// mixed.
public struct SampleRecord: Codable, Equatable, Sendable {
  /// The settings, by their names.
  public let settings: [String: String]
  /// The files that were read, by what they are.
  public let files: [String: FileIdentity]

  /// The name of the file in a folder of samples.
  public static let name = "samples.json"

  /// Creates a record.
  ///
  /// - Parameters:
  ///   - settings: The settings; of several with one name the last counts.
  ///   - files: The files, each once.
  public init(
    settings: [(name: String, value: String)], files: [(name: String, file: FileIdentity)]
  ) {
    self.settings = Dictionary(settings.map { ($0.name, $0.value) }) { _, last in last }
    self.files = Dictionary(files.map { ($0.name, $0.file) }) { _, last in last }
  }

  /// Reads the record of a folder.
  ///
  /// - Parameter folder: A folder, which may be missing.
  /// - Returns: The record, or nil where there is none.
  /// - Throws: ``TrainingError/run(folder:problem:)`` for a file that is no record.
  public static func read(in folder: String) throws -> SampleRecord? {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { return nil }
    do {
      return try JSONDecoder().decode(SampleRecord.self, from: data)
    } catch {
      throw TrainingError.run(
        folder: folder,
        problem: "holds a \(name) that is no record of samples; remove it, or choose another folder"
      )
    }
  }

  /// Writes the record to a folder, whole or not at all.
  public func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(self), as: UTF8.self)
    try AtomicFile.write(text + "\n", to: "\(folder)/\(Self.name)")
  }

  /// Removes the record of a folder, whose samples then count as mixed.
  public static func remove(from folder: String) throws {
    let path = "\(folder)/\(name)"
    guard FileManager.default.fileExists(atPath: path) else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw CheckpointError.unwritable(
        file: path, reason: "could not be removed; check its permissions")
    }
  }

  /// Says in what this record differs first from an older one, files before settings.
  ///
  /// - Parameter old: The record of the samples that there are.
  /// - Returns: `sampler.num_steps was 50 and is 25`, or nil where they agree.
  public func difference(from old: SampleRecord) -> String? {
    first(files, old.files) { $0.description } ?? first(settings, old.settings) { $0 }
  }

  private func first<Value: Equatable>(
    _ new: [String: Value], _ old: [String: Value], text: (Value) -> String
  ) -> String? {
    let names = Set(new.keys).union(old.keys).sorted()
    guard let name = names.first(where: { new[$0] != old[$0] }) else { return nil }
    return "\(name) was \(old[name].map(text) ?? "not set") and is "
      + (new[name].map(text) ?? "not set")
  }
}

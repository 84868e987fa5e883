import Foundation
import MixFlowCheckpoint

/// The list of the files that a set of cached latents is spread over, `latents.index.json`.
struct LatentIndex: Codable, Equatable, Sendable {
  /// One file.
  struct Shard: Codable, Equatable, Sendable {
    /// Its name in the folder of the list.
    var file: String
    /// The number of its pictures.
    var count: Int
    /// The hash of what it holds, in hexadecimal.
    var fingerprint: String
  }

  /// The files, in the order of their pictures.
  var shards: [Shard]

  /// The name of the list.
  static let name = "latents.index.json"

  /// Returns the name of a file.
  static func shardName(_ index: Int, of count: Int) -> String {
    "latents-\(zeroPadded(index + 1, to: 5))-of-\(zeroPadded(count, to: 5)).safetensors"
  }

  /// Reads the list of a folder, or returns nil where it has none.
  init?(folder: String) throws(DataError) {
    let path = "\(folder)/\(Self.name)"
    guard LatentDataset.isFile(path) else { return nil }
    func invalid(_ reason: String) -> DataError {
      .invalid(file: path, reason: reason, mend: "write it again with 'mixflow latents'")
    }
    do {
      self = try JSONDecoder().decode(Self.self, from: try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw invalid("is no list of files of latents")
    }
    guard !shards.isEmpty else { throw invalid("names no files") }
    if let shard = shards.first(where: { $0.file.contains("/") || $0.file.hasPrefix(".") }) {
      throw invalid("names '\(shard.file)', which is not in its folder")
    }
  }

  init(shards: [Shard]) { self.shards = shards }
}

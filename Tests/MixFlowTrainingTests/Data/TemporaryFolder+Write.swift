import Foundation
import MixFlowTestSupport

extension TemporaryFolder {
  /// Writes a file, with the folders above it, and returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let url = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try writeBytes(bytes, to: url.path)
    return url.path
  }
}

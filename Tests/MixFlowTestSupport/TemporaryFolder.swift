import Foundation

/// A new folder that is removed, with what it holds, when the last reference goes.
public final class TemporaryFolder: Sendable {
  /// The folder, without a closing slash.
  public let path: String

  /// Creates the folder.
  public init() throws {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "mixflow-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Returns the path of `name` in the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, with the folders above it, and returns its path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let url = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try writeBytes(Array(bytes), to: url.path)
    return url.path
  }

  /// Returns the text of a file in the folder.
  public func text(_ name: String) throws -> String {
    String(decoding: try readBytes(file(name)), as: UTF8.self)
  }

  /// The names in the folder, hidden ones too, sorted.
  public var contents: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
  }
}

/// Returns the bytes of a file.
public func readBytes(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(filePath: path)))
}

/// Writes the bytes of a new file, in place of any old one.
///
/// Foundation's own writing waits for the disk, and so do some file systems when a file is cut to
/// nothing and written again; thousands of mutated files cannot.
public func writeBytes(_ bytes: [UInt8], to path: String) throws {
  unlink(path)
  guard let file = fopen(path, "w") else { throw CocoaError(.fileWriteUnknown) }
  let count = fwrite(bytes, 1, bytes.count, file)
  guard fclose(file) == 0, count == bytes.count else { throw CocoaError(.fileWriteUnknown) }
}

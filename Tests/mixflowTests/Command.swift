import Foundation

/// The built `mixflow`, run as a user runs it.
struct Command {
  let code: Int32
  let output: String
  let errors: String

  /// Runs the command to its end.
  init(_ arguments: String..., environment: [String: String] = [:]) throws {
    try self.init(arguments: arguments, environment: environment)
  }

  init(arguments: [String], environment: [String: String] = [:]) throws {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files, as a pipe that nobody empties stops a process that writes much.
    process.standardOutput = try folder.fileHandle("output")
    process.standardError = try folder.fileHandle("errors")
    try process.run()
    process.waitUntilExit()
    code = process.terminationStatus
    output = try folder.text("output")
    errors = try folder.text("errors")
  }

  /// The executable that lies beside the bundle of the tests.
  private static var executable: URL {
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "mixflow")
  }
}

/// A folder that goes with the last reference to it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "mixflow-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, and the folders above it, and returns its path.
  func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let url = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path).appending(path: name)), as: UTF8.self)
  }

  fileprivate func fileHandle(_ name: String) throws -> FileHandle {
    try FileHandle(forWritingTo: URL(filePath: try write([], to: name)))
  }
}

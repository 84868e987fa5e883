import Foundation
import MixFlowTestSupport

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

  /// Starts the command and does not wait for it.
  static func start(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// The executable that lies beside the bundle of the tests.
  private static var executable: URL {
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "mixflow")
  }
}

extension TemporaryFolder {
  fileprivate func fileHandle(_ name: String) throws -> FileHandle {
    try FileHandle(forWritingTo: URL(filePath: try write([], to: name)))
  }
}

import Foundation
import MixFlowTestSupport

/// The built `mixflow`, run as a user runs it.
struct Command {
  let code: Int32
  let output: String
  let errors: String
  /// Whether a signal ended it, so that `code` is the signal.
  let wasKilled: Bool

  /// Runs the command to its end.
  init(_ arguments: String..., environment: [String: String] = [:]) throws {
    try self.init(arguments: arguments, environment: environment)
  }

  /// Where a stream goes to fail.
  enum BadStream {
    /// A device without room.
    case fullDevice
    /// A pipe that nobody reads any more.
    case closedPipe

    fileprivate func handle() throws -> FileHandle {
      switch self {
      case .fullDevice: return try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
      case .closedPipe:
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        return pipe.fileHandleForWriting
      }
    }
  }

  /// Runs the command in several processes by `mpirun`.
  ///
  /// - Parameters:
  ///   - processes: Their number.
  ///   - arguments: The arguments of each.
  ///   - environment: Variables of each.
  /// - Throws: An error when `mpirun` cannot be started.
  init(processes: Int, _ arguments: [String], environment: [String: String] = [:]) throws {
    let variables = [
      // Containers often run as root, and with fewer processors than processes.
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      "OMPI_MCA_rmaps_base_oversubscribe": "1",
    ]
    try self.init(
      executable: URL(filePath: Self.launcher),
      arguments: ["-np", "\(processes)", Self.executable.path()] + arguments,
      environment: variables.merging(environment) { $1 })
  }

  /// The program that starts several processes.
  static let launcher = "/usr/bin/mpirun"

  init(
    executable: URL = Self.executable, arguments: [String], environment: [String: String] = [:],
    output badOutput: BadStream? = nil,
    errors badErrors: BadStream? = nil
  ) throws {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files, as a pipe that nobody empties stops a process that writes much.
    let files = (try folder.fileHandle("output"), try folder.fileHandle("errors"))
    process.standardOutput = try badOutput?.handle() ?? files.0
    process.standardError = try badErrors?.handle() ?? files.1
    try process.run()
    process.waitUntilExit()
    wasKilled = process.terminationReason == .uncaughtSignal
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
  static var executable: URL {
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "mixflow")
  }
}

extension TemporaryFolder {
  fileprivate func fileHandle(_ name: String) throws -> FileHandle {
    try FileHandle(forWritingTo: URL(filePath: try write([], to: name)))
  }
}

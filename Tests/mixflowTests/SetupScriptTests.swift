import Foundation
import MixFlowTestSupport
import Testing

/// `scripts/setup` with a pretended toolchain.
@Suite struct SetupScriptTests {
  private static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts/setup").path

  @Test(arguments: [
    ("Swift version 5.10.1 (swift-5.10.1-RELEASE)", "setup: Swift 5.10 is too old;"),
    ("Apple Swift version 6.0.3 (swiftlang-6.0.3)", "setup: Swift 6.0 is too old;"),
    ("Swift version 6.1 (swift-6.1-RELEASE)", nil),
    ("swift-driver version: 1.120.5 Apple Swift version 6.10.1 (swiftlang-6.10)", nil),
    ("Swift version 7.0-dev (LLVM 1)", nil),
    ("no such thing", "setup: 'swift --version' tells no version"),
  ])
  func checksTheToolchain(version: String, complaint: String?) throws {
    let folder = try TemporaryFolder()
    let swift = try folder.write("#!/bin/sh\necho '\(version)'\n".utf8, to: "swift")
    // Found no dpkg-query, the script ends after it has looked for Swift.
    for tool in ["bash", "sed", "head"] {
      let path = try #require(
        ["/bin", "/usr/bin"].map { "\($0)/\(tool)" }.first {
          FileManager.default.fileExists(atPath: $0)
        })
      try FileManager.default.createSymbolicLink(
        atPath: folder.file(tool), withDestinationPath: path)
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: swift)
    let process = Process()
    process.executableURL = URL(filePath: folder.file("bash"))
    process.arguments = [Self.script]
    process.environment = ["PATH": folder.path]
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    let errors = String(
      decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == (complaint == nil ? 0 : 1), "\(errors)")
    #expect(errors.contains("too old") == (complaint?.contains("too old") ?? false))
    if let complaint { #expect(errors.hasPrefix(complaint), "\(errors)") }
  }
}

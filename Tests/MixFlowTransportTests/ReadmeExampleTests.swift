import Foundation
import MixFlowTestSupport
import Testing

/// The library example of the README, as a package of its own.
@Suite struct ReadmeExampleTests {
  @Test func buildsAndRuns() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let example = try #require(
      try codeBlocks(in: "\(root)/README.md").first { $0.contains("import MixFlowTransport") })
    let folder = try TemporaryFolder()
    let sources = folder.file("Sources/Example")
    try FileManager.default.createDirectory(atPath: sources, withIntermediateDirectories: true)
    try writeBytes(Array(manifest(root: root).utf8), to: folder.file("Package.swift"))
    try writeBytes(Array(example.utf8), to: sources + "/main.swift")

    let result = try run(
      "swift", "run", "--package-path", folder.path, "--scratch-path", folder.file(".build"),
      "Example")
    #expect(result.status == 0, "\(result.output)")
    // The example's exact velocity sends every point of noise to its own datum.
    #expect(result.output.hasSuffix("[[3.0, 3.0], [3.0, 3.0]]\n"), "\(result.output)")
  }

  private func manifest(root: String) -> String {
    """
    // swift-tools-version: 6.1
    import PackageDescription

    let package = Package(
      name: "example",
      dependencies: [.package(name: "mixflow", path: "\(root)")],
      targets: [
        .executableTarget(
          name: "Example", dependencies: [.product(name: "MixFlowTransport", package: "mixflow")])
      ]
    )
    """
  }

  private func codeBlocks(in path: String) throws -> [String] {
    let text = String(decoding: try readBytes(path), as: UTF8.self)
    return text.components(separatedBy: "```swift\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first
    }
  }

  private func run(_ command: String...) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

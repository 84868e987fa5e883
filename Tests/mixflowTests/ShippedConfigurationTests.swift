import Foundation
import MixFlowConfiguration
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Every file under `configs/`, read as a user's.
@Suite struct ShippedConfigurationTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "configs").path

  private static var names: [String] {
    get throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0.hasSuffix(".yaml") }
      try #require(!names.isEmpty)
      return names
    }
  }

  @Test(arguments: try names)
  func makesSense(name: String) throws {
    try ConfigurationFile.load(path: "\(Self.folder)/\(name)").validated()
  }

  @Test func theReferenceHoldsTheDefaultsAndEveryKey() throws {
    let path = "\(Self.folder)/reference.yaml"
    #expect(try ConfigurationFile.load(path: path) == RunConfiguration())
    let text = String(decoding: try readBytes(path), as: UTF8.self)
    for line in try ConfigurationFile.yaml(RunConfiguration()).split(separator: "\n") {
      let key = line.prefix { $0 != ":" } + ":"
      #expect(text.contains("\n\(key)"), "\(key) is missing")
    }
  }
}

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

  /// MixFlow's published results and the parameters of their networks.
  private static let recipes = [
    ("sit-xl-2-256", 675_129_632), ("repa-xl-2-256", 683_242_512), ("rae-xl-256", 838_675_796),
    ("rae-xl-512", 839_560_532),
  ]

  @Test(arguments: recipes)
  func recipesAreOfThePublishedNetworks(name: String, parameters: Int) throws {
    let training = try ConfigurationFile.load(path: "\(Self.folder)/\(name)-mixflow.yaml")
    let sampling = try ConfigurationFile.load(path: "\(Self.folder)/\(name)-sample.yaml")
    #expect(try training.model.resolved().parameterCount == parameters)
    #expect(try sampling.model.resolved().parameterCount == parameters)
    #expect(training.model.ckpt != nil && sampling.model.ckpt != nil)
    #expect(training.mixflow.gamma == (name.hasPrefix("rae") ? 0.4 : 0.8))
    #expect(training.transport.timeDistType == "beta_2_1")
    #expect(training.transport.timeDistShift == sampling.transport.timeDistShift)
    #expect(sampling.guidance.scale == (name.hasPrefix("repa") ? 1.8 : 1.5))
  }

  @Test(arguments: recipes)
  func recipesSayWhatEachKeyMeans(name: String, parameters: Int) throws {
    for kind in ["mixflow", "sample"] {
      let text = String(
        decoding: try readBytes("\(Self.folder)/\(name)-\(kind).yaml"), as: UTF8.self)
      for line in text.split(separator: "\n") where !line.hasSuffix(":") {
        #expect(line.contains("#") || line.contains("target: stage1.RAE"), "\(name): \(line)")
      }
    }
  }
}

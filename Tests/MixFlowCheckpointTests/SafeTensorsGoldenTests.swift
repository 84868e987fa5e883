import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

@Suite struct SafeTensorsGoldenTests {
  static let folders = ["ddpm", "mixflow", "models", "ops", "optim", "pt", "repa", "transport"]

  @Test(arguments: folders)
  func opensEveryFixture(folder: String) throws {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: Fixtures.path(folder))
      .filter { $0.hasSuffix(".safetensors") }
    try #require(!paths.isEmpty)
    for path in paths {
      let file = try SafeTensorsFile(contentsOf: Fixtures.path("\(folder)/\(path)"))
      #expect(!file.names.isEmpty)
      for name in file.names {
        let info = try file.info(for: name)
        let tensor = try file.tensor(name)
        #expect(tensor.shape == info.shape)
        #expect(tensor.array.allSatisfy { !$0.isNaN })
      }
    }
  }

  @Test func decodesMetadata() throws {
    struct Config: Decodable {
      let inputSize: Int
      let learnSigma: Bool

      enum CodingKeys: String, CodingKey {
        case inputSize = "input_size"
        case learnSigma = "learn_sigma"
      }
    }
    let file = try Fixtures.file("models/sit_ls/weights")
    let config = try file.metadata("config", as: Config.self)
    #expect(config.inputSize == 16)
    #expect(config.learnSigma)
    let order = try file.metadata("parameter_order", as: [String].self)
    #expect(order.sorted() == file.names.sorted())
  }
}

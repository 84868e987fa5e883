import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

@Suite struct SafeTensorsGoldenTests {
  @Test(arguments: try Fixtures.folders(matching: ""))
  func readsEveryFixture(folder: String) throws {
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
        #expect(try file.doubles(name).map(Float.init) == tensor.array)
        if info.type.isInteger {
          #expect(try file.integers(name).map(Float.init) == tensor.array)
        }
        #expect(try file.bytes(name).count == info.byteCount)
      }
    }
  }

  /// The stream that `torch.manual_seed(0); torch.rand(8)` prints.
  @Test func agreesWithPrintedValues() throws {
    let file = try Fixtures.file("misc/torch_rng")
    let printed = [0.4963, 0.7682, 0.0885, 0.1320, 0.3074, 0.6341, 0.4901, 0.8964]
    expectClose(try file.tensor("s0.rand8").array, printed, absolute: 5.1e-5, "rand")
    #expect(try file.integers("s0.randperm10").sorted() == Array(0..<10))
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
    #expect(throws: CheckpointError.self) { try file.metadata("configs", as: Config.self) }
    #expect(throws: CheckpointError.self) { try file.metadata("config", as: [Int].self) }
  }

  @Test func rewritesEveryTypeExactly() throws {
    let folder = try TemporaryFolder()
    let file = try Fixtures.file("models/sit_ls/weights")
    let copy = folder.file("copy.safetensors")
    let tensors = try file.names.map { (name: $0, value: try file.tensor($0)) }
    try SafeTensorsWriter.write(tensors, metadata: file.metadata, to: copy)
    let read = try SafeTensorsFile(contentsOf: copy)
    #expect(read.names == file.names)
    #expect(read.metadata == file.metadata)
    for name in file.names { #expect(try read.bytes(name) == file.bytes(name)) }
  }
}

import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

@Suite struct InspectTests {
  private struct Report: Decodable {
    let kind: String
    let parameters: Int?
    let model: Description?
    let groups: [Group]
    let problems: [String]

    struct Description: Decodable {
      let kind: String
      let options: [String: Model]
    }

    /// A number or a truth value.
    enum Model: Decodable, Equatable {
      case number(Int)
      case bool(Bool)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let bool = try? container.decode(Bool.self) {
          self = .bool(bool)
        } else {
          self = .number(try container.decode(Int.self))
        }
      }
    }

    struct Group: Decodable {
      let name: String
      let tensors: Int
      let statistics: Statistics
    }

    struct Statistics: Decodable {
      let elements: Int
      let nan: Int
      let infinite: Int
      let minimum: Float?
      let maximum: Float?
      let norm: Double
    }
  }

  private func report(_ command: Command) throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(command.output.utf8))
  }

  @Test(arguments: [
    ("vae/weights", "weights of AutoencoderKL (SD-VAE)"),
    ("stage1/decoder_weights", "weights of RAE's decoder"),
    ("stage1/dino_weights", "weights of DINOv2 with registers, RAE's encoder"),
  ])
  func namesTheFirstStage(file: String, kind: String) throws {
    let command = try Command("inspect", Fixtures.path(file + ".safetensors"), "--json")
    #expect(command.code == 0, "\(command.errors)")
    #expect(try report(command).kind == kind)
  }

  @Test(arguments: ["sit_ls", "sit_nols"])
  func readsOfficialWeights(name: String) throws {
    let file = try Fixtures.file("models/\(name)/weights")
    let expected = try file.metadata("config", as: [String: Report.Model].self)
    guard case .number(let heads) = expected["num_heads"] else {
      Issue.record("the fixture tells no heads")
      return
    }
    let command = try Command("inspect", file.path, "--json", "--heads", "\(heads)")
    #expect(command.code == 0, "\(command.errors)")
    let report = try report(command)
    #expect(report.kind == "SiT weights")
    #expect(report.problems.isEmpty)
    for (key, value) in expected { #expect(report.model?.options[key] == value, "\(key)") }

    let values = try file.names.flatMap { try file.tensor($0).array }
    let statistics = try #require(report.groups.first?.statistics)
    #expect(report.groups.map(\.name) == ["weights"])
    #expect(report.groups.first?.tensors == file.names.count)
    #expect(report.parameters == values.count)
    #expect(statistics.elements == values.count)
    #expect(statistics.minimum == values.min())
    #expect(statistics.maximum == values.max())
    let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(abs(statistics.norm - norm) <= 1e-12 * norm)
  }

  @Test func tellsTheRestWithoutHeads() throws {
    let path = Fixtures.path("models/sit_ls/weights.safetensors")
    let command = try Command("inspect", path)
    #expect(command.code == 0, "\(command.errors)")
    #expect(command.output.contains("heads unknown"), "\(command.output)")
    #expect(
      command.output.contains(
        "note        a width of 64 is not a published size; give the number of heads (--heads)"))
    let known = try report(try Command("inspect", path, "--heads", "4", "--json"))
    #expect(try report(try Command("inspect", path, "--json")).parameters == known.parameters)
  }

  @Test func knowsWhatItConverted() throws {
    let tiny = try TinyRun()
    let converted = tiny.scratch.file("run.pt")
    #expect(try Command("convert", try tiny.checkpoint(), converted).code == 0)
    let output = try Command("inspect", converted).output
    #expect(output.contains("training checkpoint for PyTorch, converted by mixflow"), "\(output)")
    #expect(output.contains("image_size = 4\n"), "pixels are no latents: \(output)")
  }

  @Test func refusesCutFiles() throws {
    let folder = try TemporaryFolder()
    let path = Fixtures.path("models/sit_nols/weights.safetensors")
    let bytes = try Data(contentsOf: URL(filePath: path))
    for count in [0, 7, 8, 100, bytes.count / 2, bytes.count - 1] {
      let file = try folder.write(bytes.prefix(count), to: "cut.safetensors")
      let command = try Command("inspect", file, "--heads", "4")
      #expect(command.code == 1, "\(count) bytes")
      #expect(command.errors.hasPrefix("mixflow: error: \(file): "), "\(command.errors)")
      #expect(command.errors.split(separator: "\n").count == 1)
    }
  }

  @Test func countsWhatIsNotFinite() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/bad.safetensors"
    let values: [Float] = (0..<37).map { Float($0) - 5 }
    var bad = values
    (bad[3], bad[20], bad[36]) = (.nan, .infinity, -.infinity)
    try SafeTensorsWriter.write(
      [
        (name: "fine", value: Tensor(values, shape: [37])),
        (name: "bad", value: Tensor(bad, shape: [37])),
      ],
      metadata: [:], to: path)
    let command = try Command("inspect", path, "--json")
    #expect(command.code == 1)
    #expect(command.errors == "mixflow: error: \(path): bad holds 1 NaN and 2 infinite\n")
    let report = try report(command)
    #expect(report.kind == "unknown")
    let statistics = try #require(report.groups.first?.statistics)
    #expect(statistics.nan == 1)
    #expect(statistics.infinite == 2)
    #expect(statistics.minimum == -5)
    #expect(statistics.maximum == 31)
  }

  @Test func missesAParameter() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/part.safetensors"
    let file = try Fixtures.file("models/sit_nols/weights")
    let kept = file.names.filter { $0 != "blocks.1.mlp.fc2.bias" }
    try SafeTensorsWriter.write(
      try kept.map { (name: $0, value: try file.tensor($0)) }, metadata: [:], to: path)
    let command = try Command("inspect", path, "--heads", "4")
    #expect(command.code == 1)
    #expect(command.errors.contains("parameters, but a SiT of its sizes has"))
  }

  @Test func describesPictures() throws {
    let path = Fixtures.path("misc/samples.npz")
    let shape = try NPZFile(contentsOf: path).info(for: "arr_0").shape
    let command = try Command("inspect", path)
    #expect(command.code == 0, "\(command.errors)")
    #expect(
      command.output.contains(
        "\(shape[0]) pictures of \(shape[2])x\(shape[1]) pixels"), "\(command.output)")
  }

  @Test func checksArraysWhole() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("images.npz")
    try NPZWriter.write(images: [UInt8](repeating: 7, count: 5000), shape: [5000], to: path)
    var bytes = try readBytes(path)
    bytes[2000] ^= 1
    try writeBytes(bytes, to: path)
    let command = try Command("inspect", path, "--json")
    #expect(command.code == 1)
    #expect(command.errors.hasPrefix("mixflow: error: \(path): arr_0: "), "\(command.errors)")
    try NumPyArray(bytes: [1, 2], shape: [2]).write(to: folder.file("one.npy"))
    #expect(try Command("inspect", folder.file("one.npy")).output.contains("U8 [2]"))
  }

  @Test func describesStatistics() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("stat.pt")
    let ones = StoredTensor.float32(Tensor([1, 1], shape: [2, 1, 1]))
    try TorchWriter.write(.stateDict([("mean", ones), ("var", ones)]), to: path)
    let command = try Command("inspect", path)
    #expect(command.code == 0, "\(command.errors)")
    #expect(command.output.contains("sizes       mean and variance of shape [2, 1, 1]"))
  }

  @Test(arguments: [
    ("vae/weights", "latents of 4 channels"), ("stage1/decoder_weights", "to pictures of"),
    ("stage1/dino_weights", "registers, positions for"),
  ])
  func tellsTheSizesOfTheFirstStage(file: String, words: String) throws {
    let command = try Command("inspect", Fixtures.path(file + ".safetensors"))
    #expect(command.output.contains("\nsizes       ") && command.output.contains(words))
  }

  /// The file is two gigabytes of hole, which take long enough to read.
  @Test func outlivesTruncation() throws {
    let folder = try TemporaryFolder()
    let count = 1 << 31
    let header = #"{"a":{"dtype":"F32","shape":[\#(count / 4)],"data_offsets":[0,\#(count)]}}"#
    let size = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let path = try folder.write(size + Array(header.utf8), to: "cut.safetensors")
    try #require(truncate(path, 8 + header.utf8.count + count) == 0)
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { truncate(path, 4096) }
    let command = try Command("inspect", path)
    #expect(command.code == 1 && !command.wasKilled)
    #expect(command.errors.hasPrefix("mixflow: error: \(path): "), "\(command.errors)")
    #expect(command.errors.split(separator: "\n").count == 1)
  }
}

import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// What a user does with PyTorch checkpoints.
@Suite struct TorchCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private struct Report: Decodable {
    let format: String
    let kind: String
    let weights: [String]
    let step: Int?
    let arguments: [String: String]
    let model: Model?
    let groups: [Group]

    struct Model: Decodable {
      let kind: String
    }

    struct Group: Decodable {
      let name: String
      let tensors: Int
    }
  }

  /// What is expected of a fixture.
  struct Expectation: CustomTestStringConvertible, Sendable {
    let file: String
    var format = "PyTorch"
    var kind = "training checkpoint of a PyTorch program"
    var weights = ["ema", "raw"]
    var step: Int?
    var argument: String?
    var model: String? = "SiT"
    let groups: [String: Int]

    var testDescription: String { file }
  }

  static let fixtures = [
    Expectation(
      file: "sit_train", argument: "SiT-XL/2", groups: ["model": 22, "ema": 22, "opt": 63]),
    Expectation(
      file: "repa_layout", step: 123_450, argument: "SiT-XL/2",
      groups: ["model": 22, "ema": 22, "opt": 63]),
    Expectation(
      file: "rae_main_ep-0000000", step: 3, model: "DiT-DH",
      groups: ["model": 46, "ema": 46, "optimizer": 126]),
    Expectation(
      file: "rae_deprecated", step: 3, model: "DiT-DH",
      groups: ["model": 46, "ema": 46, "opt": 126]),
    Expectation(
      file: "raw_state_dict", kind: "SiT weights", weights: [], groups: ["weights": 22]),
    Expectation(
      file: "legacy_nonzip", format: "PyTorch, before 1.6", kind: "SiT weights", weights: [],
      groups: ["weights": 22]),
    Expectation(file: "ema_bf16", kind: "SiT weights", weights: ["ema"], groups: ["ema": 22]),
    Expectation(
      file: "stat", kind: "latent statistics of RAE", weights: [], model: nil,
      groups: ["weights": 2]),
    Expectation(
      file: "tricky", kind: "unknown", weights: [], model: nil, groups: ["weights": 18]),
  ]

  @Test(arguments: fixtures)
  func inspects(expected: Expectation) throws {
    let path = Fixtures.path("pt/\(expected.file).pt")
    let command = try Command("inspect", path, "--json", "--heads", "2")
    #expect(command.code == 0, "\(command.errors)")
    let report = try JSONDecoder().decode(Report.self, from: Data(command.output.utf8))
    #expect(report.format == expected.format)
    #expect(report.kind == expected.kind)
    #expect(report.weights == expected.weights)
    #expect(report.step == expected.step)
    #expect(report.arguments["model"] == expected.argument)
    #expect(report.model?.kind == expected.model)
    let groups = Dictionary(uniqueKeysWithValues: report.groups.map { ($0.name, $0.tensors) })
    #expect(groups == expected.groups)
  }

  @Test func inspectsEveryFixture() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Fixtures.path("pt"))
    #expect(
      Set(files.filter { $0.hasSuffix(".pt") })
        == Set(Self.fixtures.map { "\($0.file).pt" }))
  }

  @Test(arguments: ["sit_train", "rae_main_ep-0000000"])
  func convertsThereAndBack(name: String) throws {
    let source = Fixtures.path("pt/\(name).pt")
    let (there, back, again) = (
      folder.file("a.safetensors"), folder.file("b.pt"), folder.file("c.safetensors")
    )
    for (from, to) in [(source, there), (there, back), (back, again)] {
      let heads = name == "sit_train" && from != there ? ["--heads", "2"] : []
      let command = try Command(arguments: ["convert", from, to, "-q"] + heads)
      #expect(command.code == 0, "\(command.errors)")
    }
    let (found, original) = (
      try SafeTensorsFile(contentsOf: again), try TorchFile(contentsOf: source)
    )
    #expect(try SafeTensorsFile(contentsOf: there).names == found.names)
    #expect(found.names.count == original.names.count { $0.hasPrefix("ema.") })
    for key in found.names {
      #expect(try found.bytes(key) == original.bytes("ema.\(key)"), "\(key)")
    }
  }

  @Test func samplesAndTrainsFromIt() throws {
    let tiny = try TinyRun()
    let (plain, torch) = (folder.file("weights.safetensors"), folder.file("weights.pt"))
    let checkpoint = try tiny.checkpoint()
    for file in [plain, torch] {
      let convert = try Command("convert", checkpoint, file, "-q")
      #expect(convert.code == 0, "\(convert.errors)")
    }
    // A state dict alone tells no heads, and its configuration is the default.
    var images: [[UInt8]] = []
    var trained: [[UInt8]] = []
    for file in [plain, torch] {
      let (out, run) = (file + "-samples", file + "-run")
      let sample = try Command(
        "sample", "--ckpt", file, "--out", out, "--num", "2", "--steps", "3", "--heads", "2", "-q")
      #expect(sample.code == 0, "\(sample.errors)")
      images.append(try readBytes("\(out)/000001.png"))
      let train = try Command(
        "train", "--config", tiny.config, "--init-from", file, "--results-dir", run,
        "--max-steps", "2", "-q", "--set", "training.sample_every=null")
      #expect(train.code == 0, "\(train.errors)")
      let checkpoint = try SafeTensorsFile(
        contentsOf: "\(run)/checkpoints/0000002.safetensors")
      trained.append(try checkpoint.names.flatMap { try checkpoint.bytes($0) })
    }
    #expect(images[0] == images[1])
    #expect(trained[0] == trained[1])
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["sit_train", "legacy_nonzip", "ema_bf16"])
  func refusesCutFiles(name: String) throws {
    let bytes = try readBytes(Fixtures.path("pt/\(name).pt"))
    for count in [0, 1, 4, 100, 1000, bytes.count / 2, bytes.count - 1] {
      try expectRefusal(of: Array(bytes.prefix(count)), "\(count) bytes")
    }
  }

  @Test(arguments: [
    ("a web page", Array("<!DOCTYPE html><html>".utf8)),
    ("zeros", [UInt8](repeating: 0, count: 99)),
    ("an empty archive", [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18)),
    ("a pickle alone", [0x80, 2, 0x7D, 0x2E]), ("a pickle without end", [0x80, 2, 0x7D]),
    ("text", Array("step: 3".utf8)),
  ])
  func refusesWhatIsNoCheckpoint(what: String, bytes: [UInt8]) throws {
    try expectRefusal(of: bytes, what)
  }

  /// Expects `inspect` to fail at once, with one line that names the file.
  private func expectRefusal(of bytes: [UInt8], _ what: String) throws {
    let file = try folder.write(bytes, to: "bad.pt")
    let clock = ContinuousClock()
    let start = clock.now
    let command = try Command("inspect", file)
    #expect(clock.now - start < .seconds(5), "\(what)")
    #expect(command.code == 1 && !command.wasKilled, "\(what)")
    #expect(command.errors.hasPrefix("mixflow: error: \(file): "), "\(what): \(command.errors)")
    #expect(command.errors.split(separator: "\n").count == 1, "\(what): \(command.errors)")
  }
}

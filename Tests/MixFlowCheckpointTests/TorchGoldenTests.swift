import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// Files that the official programs' `torch.save` wrote, against their contents in safetensors.
@Suite struct TorchGoldenTests {
  /// A checkpoint, the file of its expected contents, and the prefix of these that it holds.
  struct Pair: Sendable, CustomTestStringConvertible {
    let file: String
    let expected: String
    let prefix: String
    let prefixInFile: String
    var testDescription: String { file }

    init(_ file: String, _ expected: String, prefix: String = "", in prefixInFile: String = "") {
      self.file = file
      self.expected = expected
      self.prefix = prefix
      self.prefixInFile = prefixInFile
    }
  }

  static let pairs = [
    Pair("sit_train", "sit_train"), Pair("repa_layout", "sit_train"),
    Pair("raw_state_dict", "sit_train", prefix: "ema."),
    Pair("legacy_nonzip", "sit_train", prefix: "ema."),
    Pair("rae_main_ep-0000000", "rae_ckpt"), Pair("rae_deprecated", "rae_ckpt"),
    Pair("tricky", "tricky", in: "tensors."),
  ]

  @Test(arguments: pairs)
  func holdsWhatWasSaved(pair: Pair) throws {
    let file = try TorchFile(contentsOf: Fixtures.path("pt/\(pair.file).pt"))
    let expected = try Fixtures.file("pt/\(pair.expected).expected")
    let wanted = expected.names.filter { $0.hasPrefix(pair.prefix) }
    try #require(!wanted.isEmpty)
    for name in wanted {
      let ours = pair.prefixInFile + Self.official(name.dropFirst(pair.prefix.count), in: file)
      let info = try file.info(for: ours)
      #expect(info.shape == (try expected.info(for: name).shape), "\(name)")
      // The fixture holds double precision rounded to single.
      #expect(
        try file.doubles(ours).map(Float.init) == expected.doubles(name).map(Float.init), "\(name)")
      #expect(try file.tensor(ours).array == expected.tensor(name).array, "\(name)")
      #expect(try file.copy(ours).array == expected.tensor(name).array, "\(name)")
      #expect(try file.bytes(ours).count == info.byteCount)
    }
    #expect(Set(file.names).count == wanted.count)
  }

  /// RAE's main branch calls the optimizer by its full name.
  private static func official(_ name: Substring, in file: TorchFile) -> String {
    name.hasPrefix("opt.") && !file.contains(String(name))
      ? "optimizer." + name.dropFirst(4)
      : String(name)
  }

  @Test func roundsToBFloat16() throws {
    let file = try TorchFile(contentsOf: Fixtures.path("pt/ema_bf16.pt"))
    let expected = try Fixtures.file("pt/sit_train.expected")
    #expect(!file.names.isEmpty)
    for name in file.names {
      #expect(try file.info(for: name).type == .bfloat16)
      for (found, exact) in zip(try file.doubles(name), try expected.doubles(name)) {
        #expect(abs(found - exact) <= abs(exact) / 256)
      }
    }
  }

  @Test func readsTensorsInPlace() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(try readBytes(Fixtures.path("pt/stat.pt")), to: "stat.pt")
    let file = try TorchFile(contentsOf: path)
    #expect(file.names == ["mean", "var"])
    #expect(try file.tensor("mean").shape == [4, 3, 3])
    let lent = try file.tensor("mean")
    let copy = try file.copy("mean")
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.write(contentsOf: Data(count: file.info(for: "var").range.upperBound))
    try handle.close()
    #expect(lent.array == [Float](repeating: 0, count: 36))
    #expect(copy.array != lent.array)
  }

  @Test func tellsStepAndArguments() throws {
    func open(_ name: String) throws -> TorchFile {
      try TorchFile(contentsOf: Fixtures.path("pt/\(name).pt"))
    }
    let repa = try open("repa_layout")
    #expect(repa.step == 123450)
    #expect(repa.arguments.first?.name == "data_path")
    #expect(repa.metadata["args.model"] == "SiT-XL/2")
    #expect(repa.metadata["args.cfg_scale"] == "4.0")
    #expect(repa.metadata["args.wandb"] == "False")
    #expect(repa.metadata["args.ckpt"] == "None")
    #expect(try open("sit_train").step == nil)
    #expect(try open("sit_train").metadata["opt.param_groups.0.betas"] == "(0.9, 0.999)")
    #expect(try open("rae_main_ep-0000000").step == 3)
    #expect(try open("rae_deprecated").step == 3)
    #expect(try open("rae_deprecated").metadata["config_path"] == "configs/x.yaml")
    let tricky = try open("tricky")
    #expect(tricky.metadata["nested.a.2"] == "x" && tricky.metadata["nested.a.5"] == "(3, 4)")
    #expect(tricky.metadata["nested.by"] == "3 bytes")
    #expect(tricky.metadata["nested.neg"] == "-7")
    #expect(tricky.metadata["nested.s"] == "{1, 2}")
    #expect(tricky.metadata["nested.uni"] == "γ=0.4")
    #expect(tricky.metadata["nested.ns.r"] == "[1, 2]")
    #expect(try open("legacy_nonzip").isLegacy)
  }
}

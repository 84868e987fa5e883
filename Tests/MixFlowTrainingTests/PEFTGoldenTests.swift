import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Adapters that PEFT wrote and merged (`scripts/check-peft --fixtures Tests/PEFT`).
@Suite struct PEFTGoldenTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "PEFT").path
  private let base = "\(Self.root)/base.safetensors"

  @Test(arguments: ["plain", "stabilised"])
  func mergesAsPEFT(name: String) throws {
    let folder = try AdapterFolder(contentsOf: "\(Self.root)/\(name)")
    let expected = try StateDict(contentsOf: "\(Self.root)/\(name)/merged.safetensors")
    let merged = try ModelCheckpoint(contentsOf: base, adapter: AdapterUse(folder)).model
    let old = try StateDict(contentsOf: base)
    var changed = 0
    for parameter in merged.parameters where expected.keys.contains(parameter.name) {
      let wanted = try expected.tensor(parameter.name, shape: parameter.shape)
      for (a, b) in zip(parameter.value.array, wanted.array) {
        #expect(abs(a - b) <= 1e-6, "\(parameter.name)")
      }
      if try old.tensor(parameter.name) != wanted { changed += 1 }
    }
    // Two layers of each of two blocks; a whole layer keeps its values where it was not trained.
    #expect(changed >= 4)
  }

  @Test func strengthIsAFactor() throws {
    let folder = try AdapterFolder(contentsOf: "\(Self.root)/plain")
    func values(_ strength: Double?) throws -> [Tensor] {
      try ModelCheckpoint(
        contentsOf: base, adapter: strength.map { AdapterUse(folder, strength: $0) }
      ).model.parameters.map(\.value)
    }
    let (none, half, whole) = (try values(nil), try values(0.5), try values(1))
    for ((a, b), c) in zip(zip(none, half), whole) {
      for ((a, b), c) in zip(zip(a.array, b.array), c.array) {
        #expect(abs((a + c) / 2 - b) < 1e-7)
      }
    }
  }

  @Test func wholeLayersAreMergedOnlyInFull() throws {
    let folder = try AdapterFolder(contentsOf: "\(Self.root)/stabilised")
    let error = #expect(throws: CheckpointError.self) {
      _ = try ModelCheckpoint(contentsOf: base, adapter: AdapterUse(folder, strength: -1))
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("holds whole layers such as 'final_layer"))
  }

  @Test(arguments: [
    (#""peft_type": "LORA""#, #""peft_type": "IA3""#, "has peft_type IA3"),
    (#""use_dora": false"#, #""use_dora": true"#, "has use_dora"),
    (#""bias": "none""#, #""bias": "all""#, "has bias all"),
    (#""alpha_pattern": {}"#, #""alpha_pattern": {"qkv": 2}"#, "has alpha_pattern"),
    (#""lora_alpha": 6"#, #""lora_alpha": "six""#, "is no configuration of PEFT"),
    (#""lora_alpha": 6,"#, "", "is no configuration of PEFT"),
    ("{", "", "is no configuration of PEFT"),
  ])
  func refusesOtherConfigurations(text: String, other: String, problem: String) throws {
    let folder = try copy("plain")
    let file = folder.file("adapter_config.json")
    let old = try String(contentsOfFile: file, encoding: .utf8)
    let range = try #require(old.range(of: text))
    try folder.write(
      old.replacingCharacters(in: range, with: other).utf8, to: "adapter_config.json")
    let error = #expect(throws: CheckpointError.self) {
      _ = try AdapterFolder(contentsOf: folder.file("."))
    }
    let message = error.map { "\($0)" } ?? ""
    #expect(message.contains("adapter_config.json: \(problem)"), "\(message)")
  }

  @Test(arguments: [
    ("blocks.0.attn.qkv.lora_B", "blocks.0.attn.qkv.lora_C", "adapters of linear layers alone"),
    ("blocks.0.attn.qkv.lora_B", "blocks.0.attn.qvk.lora_B", "no tensor 'blocks.0.attn.qkv.lora_B"),
    ("blocks.0.attn.qkv.lora_", "blocks.9.attn.qkv.lora_", "no tensor 'blocks.9.attn.qkv.weight'"),
    (
      "blocks.0.mlp.fc1.lora_", "blocks.0.mlp.fc2.lora_",
      "the adapter of 'blocks.0.mlp.fc2' is for a weight [64, 16], but blocks.0.mlp.fc2.weight is "
        + "[16, 64] in \(Self.root)/base.safetensors; name an adapter of this network"
    ),
    ("base_model.model.", "base.", "no key begins with 'base_model.model.'"),
  ])
  func refusesAdaptersOfOtherLayers(text: String, other: String, problem: String) throws {
    let folder = try copy("plain")
    let file = try SafeTensorsFile(contentsOf: folder.file("adapter_model.safetensors"))
    let renamed = try file.names.map {
      (name: $0.replacingOccurrences(of: text, with: other), value: try file.tensor($0))
    }
    try SafeTensorsWriter.write(renamed, to: folder.file("adapter_model.safetensors"))
    let error = #expect(throws: CheckpointError.self) {
      let adapters = try AdapterFolder(contentsOf: folder.file("."))
      _ = try ModelCheckpoint(contentsOf: base, adapter: AdapterUse(adapters))
    }
    let message = error.map { "\($0)" } ?? ""
    #expect(message.contains(problem), "\(message)")
  }

  private func copy(_ name: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
      try FileManager.default.copyItem(
        atPath: "\(Self.root)/\(name)/\(file)", toPath: folder.file(file))
    }
    return folder
  }
}

import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// `mixflow adapter`, and adapters in other commands.
@Suite struct AdapterCommandTests {
  private let tiny: TinyRun
  private let base: String
  private let adapted: String

  init() throws {
    tiny = try TinyRun()
    base = tiny.scratch.file("base.safetensors")
    try Self.run("convert", "--weights", "raw", try tiny.checkpoint(), base)
    let folder = tiny.scratch.file("adapted")
    try Self.run(
      "train", "--config", tiny.config, "--init-from", base, "--results-dir", folder,
      "--max-steps", "2", "--set", "training.sample_every=null", "--set", "lora.rank=2", "--set",
      "training.ema_decay=0.5")
    adapted = "\(folder)/checkpoints/0000002.safetensors"
  }

  @Test func goesThroughPEFTsFolder() throws {
    let (folder, merged, plain) = (
      file("lora"), file("merged.safetensors"), file("plain.safetensors")
    )
    try Self.run("adapter", "extract", adapted, folder)
    try Self.run("adapter", "merge", base, folder, merged)
    try Self.run("convert", adapted, plain)
    let (a, b) = (try SafeTensorsFile(contentsOf: merged), try SafeTensorsFile(contentsOf: plain))
    for name in b.names { #expect(try a.bytes(name) == b.bytes(name), "\(name)") }
    let original = try SafeTensorsFile(contentsOf: base)
    #expect(try original.names.count { try original.bytes($0) != a.bytes($0) } == 8)

    let back = file("back.safetensors")
    try Self.run("adapter", "unmerge", merged, folder, back)
    let unmerged = try SafeTensorsFile(contentsOf: back)
    for name in original.names {
      let pair = (try original.tensor(name).array, try unmerged.tensor(name).array)
      for (x, y) in zip(pair.0, pair.1) { #expect(abs(x - y) < 1e-6, "\(name)") }
    }
    let again = try Command("adapter", "extract", adapted, folder, "-q")
    #expect(
      again.code == 1 && again.errors.contains("exists; name another file"), "\(again.errors)")
    try Self.run("adapter", "extract", adapted, folder, "--overwrite")
  }

  @Test func samplesWithAnAdapter() throws {
    let (folder, merged) = (file("lora"), file("merged.safetensors"))
    try Self.run("adapter", "extract", adapted, folder)
    try Self.run("adapter", "merge", base, folder, merged)
    func picture(_ name: String, _ options: String...) throws -> Data? {
      let samples = file(name)
      try Self.run(["sample", "--num", "1", "--out", samples] + options)
      return FileManager.default.contents(atPath: "\(samples)/000000.png")
    }
    let expected = try #require(try picture("a", "--ckpt", merged))
    #expect(try picture("b", "--ckpt", base, "--adapter", folder) == expected)
    let record = try String(contentsOfFile: file("b/samples.json"), encoding: .utf8)
    #expect(record.contains("\"adapter\"") && record.contains("\"--adapter-scale\" : \"1.0\""))
    let mixed = try Command(
      "sample", "--num", "2", "--resume", "--out", file("b"), "--ckpt", base, "--adapter", folder,
      "--adapter-scale", "0.5", "-q")
    #expect(mixed.code == 1 && mixed.errors.contains("--adapter-scale was 1.0 and is 0.5"))
  }

  @Test func inspectsAdapters() throws {
    let report = try Command("inspect", adapted)
    #expect(report.code == 0, "\(report.errors)")
    // Four layers of two blocks: rank times inputs and outputs.
    let values = 2 * 2 * ((16 + 48) + (16 + 16) + 2 * (16 + 64))
    #expect(report.output.contains("adapters    1,024 values") && values == 1024)
  }

  @Test func refusals() throws {
    let refusals: [(arguments: [String], code: Int32, message: String)] = [
      (["adapter", "extract", base, file("x")], 1, "base.safetensors: holds no adapters"),
      (
        ["adapter", "merge", base, file("none"), file("x.safetensors")], 1,
        "none/adapter_config.json: cannot be read: there is no such file"
      ),
      (
        ["adapter", "merge", base, base, file("x.bin")], 64,
        "ends neither in .safetensors nor in .pt"
      ),
      (["adapter", "merge", base, base, file("x.pt"), "--scale", "inf"], 64, "a finite number"),
      (
        ["sample", "--ckpt", base, "--out", file("x"), "--adapter-scale", "1"], 64,
        "needs '--adapter"
      ),
      (["convert", adapted, file("x.pt"), "--weights", "all"], 64, "without adapters"),
      (
        [
          "train", "--config", tiny.config, "--results-dir", file("x"), "--set", "lora.rank=2",
          "--set", "lora.targets=[blocks.*.atn.qkv]",
        ], 64, "lora.targets: 'blocks.*.atn.qkv' matches no linear layer; there are names such as"
      ),
      (
        [
          "train", "--config", tiny.config, "--results-dir", file("x"), "--set", "lora.rank=17",
        ], 64, "lora.rank: is 17; it must be from 1 to the model's width, 16"
      ),
      (
        [
          "train", "--config", tiny.config, "--results-dir", file("x"), "--set", "lora.rank=2",
          "--set", "training.freeze=[blocks.*]",
        ], 64, "training.freeze: cannot go with lora.rank"
      ),
    ]
    for (arguments, code, message) in refusals {
      let command = try Command(arguments: arguments)
      #expect(command.code == code && command.errors.contains(message), "\(command.errors)")
    }
  }

  @Test func namesAFileWhoseConfigurationHasNoRank() throws {
    let file = try SafeTensorsFile(contentsOf: adapted)
    let bare = self.file("bare.safetensors")
    let metadata = file.metadata.mapValues {
      $0.replacing(#""rank":2"#, with: #""rank":null"#)
    }
    try #require(metadata != file.metadata)
    try SafeTensorsWriter.write(
      try file.names.map { (name: $0, value: try file.tensor($0)) }, metadata: metadata, to: bare)
    let command = try Command("sample", "--ckpt", bare, "--out", self.file("x"))
    #expect(
      command.errors == """
        mixflow: error: \(bare): holds adapters (lora_A), but its configuration has no lora.rank

        """)
  }

  private func file(_ name: String) -> String { tiny.scratch.file(name) }

  private static func run(_ arguments: String...) throws { try run(arguments) }

  private static func run(_ arguments: [String]) throws {
    let command = try Command(arguments: arguments + ["-q"])
    guard command.code == 0 else { throw TinyRun.Failure(text: command.errors) }
  }
}

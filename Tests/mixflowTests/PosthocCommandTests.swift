import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// What a user does with post-hoc EMA.
@Suite struct PosthocCommandTests {
  private let tiny: TinyRun
  private let run: String

  init() throws {
    tiny = try TinyRun()
    run = tiny.scratch.file("run")
    let train = try Command(
      "train", "--config", tiny.config, "--results-dir", run, "--set",
      "training.posthoc_ema=[0.05,0.1]", "--set", "training.posthoc_ema_every=2", "--set",
      "training.sample_every=null")
    try #require(train.code == 0, "\(train.errors)")
    try #require(train.errors.contains("snapshot \(run)/posthoc-ema/0000006.safetensors"))
  }

  @Test func anAverageIsMadeAndSampled() throws {
    let output = tiny.scratch.file("average.safetensors")
    let convert = try Command("convert", run, output, "--posthoc-ema", "0.08")
    #expect(convert.code == 0, "\(convert.errors)")
    #expect(convert.errors.contains("of 8 averages in 4 snapshots"))
    #expect(convert.errors.contains("relative error"))
    #expect(convert.output.isEmpty)
    let file = try SafeTensorsFile(contentsOf: output)
    #expect(file.contains("x_embedder.proj.weight") && file.metadata["mixflow.model"] != nil)
    let sample = try Command(
      "sample", "--ckpt", output, "--num", "2", "--out", tiny.scratch.file("samples"), "-q")
    #expect(sample.code == 0, "\(sample.errors)")
  }

  @Test func storedAveragesAreTaken() throws {
    let (made, stored) = (tiny.scratch.file("a.safetensors"), tiny.scratch.file("b.safetensors"))
    let checkpoint = "\(run)/checkpoints/0000008.safetensors"
    for command in [
      try Command("convert", run, made, "--posthoc-ema", "0.1", "--at-step", "8", "-q"),
      try Command("convert", checkpoint, stored, "--weights", "posthoc:0.1", "-q"),
    ] {
      #expect(command.code == 0 && command.errors.isEmpty, "\(command.errors)")
    }
    let files = try [made, stored].map { try SafeTensorsFile(contentsOf: $0) }
    #expect(files[0].names == files[1].names)
    for name in files[0].names {
      expectClose(
        try files[0].tensor(name), try files[1].tensor(name), relativeToMax: 1e-6, name)
    }
  }

  @Test func otherPrecisionsAndFormats() throws {
    let output = tiny.scratch.file("average.pt")
    let convert = try Command(
      "convert", run, output, "--posthoc-ema", "0.07", "--precision", "float16")
    #expect(convert.code == 0, "\(convert.errors)")
    let file = try TorchFile(contentsOf: output)
    #expect(try file.info(for: "ema.x_embedder.proj.weight").type == .float16)
  }

  @Test func warnsOfWhatIsInexact() throws {
    let outside = try Command(
      "convert", run, tiny.scratch.file("a.safetensors"), "--posthoc-ema", "0.2", "-q")
    #expect(outside.code == 0 && outside.errors.contains("warning: the width 0.2 is outside"))
    let between = try Command(
      "convert", run, tiny.scratch.file("b.safetensors"), "--posthoc-ema", "0.05", "--at-step", "7",
      "-q")
    #expect(between.code == 0 && between.errors.contains("warning: step 7 has no snapshot"))
    #expect(between.errors.contains("%"))
  }

  static let refused: [([String], Int32, String)] = [
    (["--posthoc-ema", "0.3"], 64, "0.28"), (["--posthoc-ema", "0"], 64, "above 0"),
    (["--posthoc-ema", "nan"], 64, "0.28"), (["--at-step", "4"], 64, "--posthoc-ema"),
    (["--posthoc-ema", "0.1", "--at-step", "0"], 64, "positive"),
    (["--posthoc-ema", "0.1", "--weights", "ema"], 64, "--weights"),
    (["--posthoc-ema", "0.1", "--at-step", "9"], 1, "from step 2 to 8"),
  ]

  @Test(arguments: refused)
  func refusesOptions(options: [String], code: Int32, text: String) throws {
    let output = tiny.scratch.file("average.safetensors")
    let command = try Command(arguments: ["convert", run, output] + options)
    #expect(command.code == code && command.errors.contains(text), "\(command.errors)")
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func refusesFoldersWithoutSnapshots() throws {
    let output = tiny.scratch.file("average.safetensors")
    for folder in [tiny.scratch.file("data"), tiny.scratch.file("nothing"), tiny.config] {
      let command = try Command("convert", folder, output, "--posthoc-ema", "0.1")
      #expect(command.code == 1 && command.errors.contains(folder), "\(command.errors)")
      #expect(command.errors.contains("training.posthoc_ema"))
    }
  }

  @Test func aSnapshotIsInspected() throws {
    let path = "\(run)/posthoc-ema/0000006.safetensors"
    let inspect = try Command("inspect", path)
    #expect(inspect.code == 0, "\(inspect.errors)")
    #expect(inspect.output.contains("snapshot of a run's averages"))
    #expect(
      inspect.output.contains("step        6") && inspect.output.contains("posthoc_0.05 31 tensors")
    )
    let verify = try Command("inspect", path, "--verify")
    #expect(verify.code == 0 && verify.output.contains("as written"))
    let checkpoint = try Command("inspect", "\(run)/checkpoints/0000008.safetensors")
    #expect(checkpoint.code == 0 && checkpoint.output.contains("posthoc_0.1 "))
  }

  @Test func theDryRunTellsTheirSize() throws {
    let dry = try Command(
      "train", "--config", tiny.config, "--dry-run", "--set", "training.posthoc_ema=[0.05,0.1]",
      "--set", "training.posthoc_ema_every=3")
    #expect(dry.code == 0, "\(dry.errors)")
    #expect(dry.output.contains("# snapshots   3 of 0.1 MiB in posthoc-ema, 0.3 MiB in all"))
    let without = try Command("train", "--config", tiny.config, "--dry-run")
    #expect(!without.output.contains("# snapshots"))
  }
}

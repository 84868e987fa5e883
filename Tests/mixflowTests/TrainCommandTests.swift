import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// `train` and `sample` as a user runs them, on a tiny model.
@Suite struct TrainCommandTests {
  private let scratch: TemporaryFolder
  private let config: String

  init() throws {
    let tiny = try TinyRun()
    (scratch, config) = (tiny.scratch, tiny.config)
  }

  @Test func trainsSamplesAndConverts() throws {
    let run = scratch.file("run")
    let train = try Command("train", "--config", config, "--results-dir", run)
    #expect(train.code == 0, "\(train.errors)")
    #expect(train.errors.contains("step 8/8") && train.errors.contains(" images/s  ETA 0 s"))
    for name in [
      "checkpoints/0000004.json", "checkpoints/0000008.safetensors", "samples/0000008.png",
      "metrics.jsonl", "config.yaml",
    ] {
      #expect(FileManager.default.fileExists(atPath: "\(run)/\(name)"), "\(name)")
    }
    let checkpoint = "\(run)/checkpoints/0000008.safetensors"
    #expect(try Command("inspect", checkpoint).code == 0)

    let (two, five) = (scratch.file("two"), scratch.file("five"))
    let (one, bare) = (scratch.file("one"), scratch.file("bare"))
    let sample = ["sample", "--ckpt", checkpoint, "--seed", "3", "--cfg-scale", "1.5"]
    let batches = [
      ["--num", "5", "--batch-size", "2", "--out", two],
      ["--num", "5", "--batch-size", "5", "--threads", "1", "--out", five],
      ["--first", "3", "--num", "1", "--out", one],
    ]
    for batch in batches {
      let result = try Command(arguments: sample + batch)
      #expect(result.code == 0, "\(result.errors)")
    }
    let convert = try Command(
      "convert", checkpoint, scratch.file("bare.safetensors"), "--precision", "float32")
    #expect(convert.code == 0)
    let size = try readBytes(scratch.file("bare.safetensors")).count
    let pattern = /.*bare\.safetensors: [0-9,]+ parameters in float32, ([0-9,]+) bytes\n/
    let match = try #require(convert.errors.wholeMatch(of: pattern), "\(convert.errors)")
    #expect(match.output.1.filter { $0 != "," } == "\(size)")
    #expect(convert.output.isEmpty)
    let converted = try Command(
      "sample", "--ckpt", scratch.file("bare.safetensors"), "--seed", "3", "--cfg-scale", "1.5",
      "--num", "5", "--out", bare)
    #expect(converted.code == 0, "\(converted.errors)")
    for index in 0..<5 {
      let image = try readBytes("\(two)/00000\(index).png")
      #expect(try readBytes("\(five)/00000\(index).png") == image)
      #expect(try readBytes("\(bare)/00000\(index).png") == image)
    }
    #expect(try readBytes("\(one)/000003.png") == readBytes("\(two)/000003.png"))
    let archive = try NPZFile(contentsOf: "\(two)/samples.npz").array("arr_0")
    #expect(archive.shape == [5, 4, 4, 3])
    #expect(Array(archive.bytes.suffix(48)) == (try Image(pngAt: "\(two)/000004.png")).rgb.pixels)
    #expect(
      try Command("grid", two, five, "--columns", "5", "--out", scratch.file("g.png")).code == 0)
  }

  @Test func resumesAfterAKill() throws {
    let settings = [
      "--set", "training.max_steps=3000", "--set", "training.checkpoint_every=20",
      "--set", "training.sample_every=null",
    ]
    let (whole, killed) = (scratch.file("whole"), scratch.file("killed"))
    let undisturbed = try Command(
      arguments: ["train", "--config", config, "--results-dir", whole, "-q"] + settings)
    #expect(undisturbed.code == 0, "\(undisturbed.errors)")

    let start = ["train", "--config", config, "--results-dir", killed, "-q"] + settings
    let resume = ["train", "--resume", killed, "-q"]
    let name = "checkpoints/0003000.safetensors"
    var isDone: Bool { FileManager.default.fileExists(atPath: "\(killed)/\(name)") }
    var cuts = 0
    for delay in [0, 0.11, 0.27] where !isDone {
      let known = try checkpoints(in: killed)
      let process = try Command.start(known.isEmpty ? start : resume)
      while process.isRunning, try checkpoints(in: killed) == known {
        Thread.sleep(forTimeInterval: 0.005)
      }
      Thread.sleep(forTimeInterval: delay)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .uncaughtSignal, !isDone { cuts += 1 }
    }
    #expect(cuts > 0, "every process had done its work before it was killed")
    #expect(try !checkpoints(in: killed).isEmpty, "nothing to resume")
    if !isDone {
      let last = try Command(arguments: resume)
      #expect(last.code == 0, "\(last.errors)")
    }
    #expect(try readBytes("\(whole)/\(name)") == readBytes("\(killed)/\(name)"))
  }

  @Test func stopsCleanlyWhenInterrupted() throws {
    let run = scratch.file("run")
    let process = try Command.start([
      "train", "--config", config, "--results-dir", run, "-q", "--set",
      "training.max_steps=1000000", "--set", "training.sample_every=null",
    ])
    while try checkpoints(in: run).isEmpty { Thread.sleep(forTimeInterval: 0.02) }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let newest = try #require(try checkpoints(in: run).last)
    #expect(try Command("inspect", "\(run)/checkpoints/\(newest)").code == 0)
  }

  @Test(.enabled(if: SmallDisk.isAvailable, "mounting a tmpfs needs root"))
  func aFullDiskKeepsTheCheckpoints() throws {
    let disk = try SmallDisk()
    let run = disk.path + "/run"
    let result = try Command(
      "train", "--config", config, "--results-dir", run, "--set", "training.keep_last=1000",
      "--set", "training.checkpoint_every=1", "--max-steps", "100")
    #expect(result.code == 1)
    #expect(result.errors.contains("mixflow: error: \(run)/checkpoints/"), "\(result.errors)")
    #expect(result.errors.contains("No space left on device"))
    let kept = try checkpoints(in: run)
    #expect(!kept.isEmpty)
    for name in kept { #expect(try Command("inspect", "\(run)/checkpoints/\(name)").code == 0) }
  }

  @Test func refusesNaNWeights() throws {
    let run = scratch.file("run")
    #expect(try Command("train", "--config", config, "--results-dir", run).code == 0)
    let file = try SafeTensorsFile(contentsOf: "\(run)/checkpoints/0000008.safetensors")
    let broken = scratch.file("broken.safetensors")
    let names = file.names.filter { $0.hasPrefix("model.") }
    try SafeTensorsWriter.write(
      try names.map { name in
        let tensor = try file.tensor(name)
        let isBroken = name.hasSuffix("final_layer.linear.bias")
        return (
          name: String(name.dropFirst("model.".count)),
          value: isBroken ? Tensor(repeating: .nan, shape: tensor.shape) : tensor
        )
      }, metadata: file.metadata, to: broken)
    let train = try Command(
      "train", "--config", config, "--init-from", broken, "--results-dir", scratch.file("post"))
    #expect(train.code == 1)
    #expect(train.errors.contains("the loss of step 1 is NaN or infinite"), "\(train.errors)")
    let sample = try Command("sample", "--ckpt", broken, "--out", scratch.file("samples"))
    #expect(sample.code == 1)
    #expect(sample.errors.contains("NaN or infinite"), "\(sample.errors)")
  }

  @Test func refusesACheckpointOfAnotherSize() throws {
    let run = scratch.file("run")
    #expect(try Command("train", "--config", config, "--results-dir", run).code == 0)
    let checkpoint = "\(run)/checkpoints/0000008.safetensors"
    let result = try Command(
      "train", "--config", config, "--init-from", checkpoint, "--results-dir",
      scratch.file("post"), "--set", "model.hidden_size=32")
    #expect(result.code == 1)
    #expect(result.errors.contains(checkpoint) && result.errors.contains("[1, 4, 16]"))
  }

  @Test func refusesTheFileOfAnAutoencoder() throws {
    let vae = Fixtures.path("vae/weights.safetensors")
    for load in [[], ["--load", "step"]] {
      let result = try Command(
        arguments: [
          "train", "--config", config, "--init-from", vae, "--results-dir", scratch.file("post"),
        ] + load)
      #expect(result.code == 1)
      #expect(
        result.errors == """
          mixflow: error: \(vae): is no model, but holds weights of AutoencoderKL (SD-VAE); name a \
          network's checkpoint here, and this file by '--autoencoder' or autoencoder.files

          """)
    }
  }

  @Test func showsWhatItWouldDo() throws {
    let result = try Command("train", "--config", config, "--dry-run", "--set", "mixflow.gamma=0.5")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("gamma: 0.5"))
    #expect(result.output.contains("# parameters  "))
    #expect(result.output.contains("# memory"))
    for words in [
      " MFLOP a step\n# time        about ", " for 8 steps, if a step runs at the ",
      " GFLOP/s that products reach here\n", " in 31 arrays, learning rate 0.01, weight decay 0\n",
    ] { #expect(result.output.contains(words), "\(words): \(result.output)") }
    let large = try Command(
      "train", "--config", config, "--dry-run", "--set", "training.batch_size=256")
    #expect(large.output.contains(" MiB with training.activation_checkpointing: full\n"))
    #expect(!result.output.contains("# note"))
  }

  @Test func showsTheShareOfAProcess() throws {
    func dry(_ rank: String, _ settings: String...) throws -> Command {
      try Command(
        arguments: ["train", "--config", config, "--dry-run"] + settings,
        environment: ["WORLD_SIZE": "4", "RANK": rank])
    }
    let first = try dry("0", "--set", "training.grad_accum_steps=8")
    #expect(first.code == 0, "\(first.errors)")
    #expect(
      first.output.contains(
        "\n# processes   4, each with 2 samples of a step's 8, in 2 pieces\n# memory      about "),
      "\(first.output)")
    #expect(first.output.contains(", in each process\n"))
    func memory(_ command: Command) throws -> Double {
      let match = try #require(command.output.firstMatch(of: /# memory +about ([0-9.]+) MiB/))
      return try #require(Double(match.output.1))
    }
    let whole = try Command(
      "train", "--config", config, "--dry-run", "--set", "training.batch_size=64")
    let shared = try dry("0", "--set", "training.batch_size=64")
    #expect(try memory(shared) < 0.6 * memory(whole))
    let sharded = try dry("0", "--set", "distributed.shard_optimizer=true")
    #expect(try memory(sharded) < memory(try dry("0")))
    let other = try dry("3")
    #expect(other.code == 0 && other.output.isEmpty && other.errors.isEmpty, "one speaks for all")
    let uneven = try dry("0", "--set", "training.batch_size=6")
    #expect(uneven.code == 64)
    #expect(
      uneven.errors.hasPrefix(
        "mixflow: error: --set: training.batch_size: 6 samples cannot be shared equally by 4 processes"
      ),
      "\(uneven.errors)")
  }

  @Test(arguments: [
    (
      ["transport.time_dist_type=uniform"],
      "MixFlow with transport.time_dist_type uniform; the paper draws t from beta_2_1"
    ),
    (
      ["mixflow.gamma=null", "mixflow.range=vanishing"],
      "mixflow.range is set but mixflow.gamma is null, so training is plain and the key has no effect"
    ),
    (
      ["mixflow.gamma=null", "mixflow.target_time=m"],
      "mixflow.target_time is set but mixflow.gamma is null, so training is plain and the key has "
        + "no effect"
    ),
  ])
  func notesWhatMaySurprise(settings: [String], note: String) throws {
    let options = ["train", "--config", config] + settings.flatMap { ["--set", $0] }
    let dry = try Command(arguments: options + ["--dry-run"])
    #expect(dry.output.contains("# note        \(note)\n"), "\(dry.output)")
    let run = try Command(
      arguments: options + ["--results-dir", scratch.file("run"), "--max-steps", "1"])
    #expect(run.errors.contains("note: \(note)\n"), "\(run.errors)")
  }

  @Test func saysWhatCannotBeResumed() throws {
    let none = try Command("train", "--resume", scratch.file("none"))
    #expect(none.code == 1 && none.errors.contains("none/checkpoints: there is no such folder"))
    let folder = "half/checkpoints/"
    for (name, text) in [
      ("1.safetensors", "x"), ("2.safetensors", "x"), ("2.json", "{"), ("3.safetensors", "x"),
      (
        "3.json",
        #"{"step": 3, "file": "3.safetensors", "bytes": 9, "written": "2026-01-01T00:00:00Z"}"#
      ),
    ] { try scratch.write(text.utf8, to: folder + name) }
    let half = try Command("train", "--resume", scratch.file("half"))
    #expect(
      half.errors.contains(
        "holds no complete checkpoint to resume from: 1.safetensors was not finished, as 1.json is "
          + "missing, 2.safetensors has a malformed 2.json, 3.safetensors has 1 bytes instead of 9"),
      "\(half.errors)")
  }

  @Test func valuesOfOptionsAreMistakes() throws {
    let command = try Command(
      "train", "--config", config, "--results-dir", scratch.file("run"), "--set",
      "mixflow.gamma=1.5")
    #expect(command.code == 64)
    #expect(
      command.errors.contains("--set: mixflow.gamma: is 1.5; it must be in [0, 1]"),
      "\(command.errors)")
  }

  /// A file that names no weights.
  private static let shipped = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "configs")
    .appending(path: "fashion-plain.yaml").path

  @Test(arguments: [
    (["train"], "--config FILE"), (["train", "--confg", "a.yaml"], "Unknown option '--confg'"),
    (["train", "--config", "a.yaml"], "--results-dir DIR"),
    (["train", "--resume", "a", "--config", "b"], "leave out"),
    (["train", "--config", "a.yaml", "--results-dir", ""], "'--results-dir' is empty"),
    (["train", "--resume", ""], "'--resume' is empty"),
    (
      ["train", "--config", "a.yaml", "--dry-run", "--seed", "1", "--set", "training.seed=2"],
      "'--set training.seed=2' and a short option set one key; give one of them."
    ),
    (
      ["train", "--resume", "a", "--init-weights", "ema"],
      "'--init-weights' needs '--init-from FILE'."
    ),
    (
      [
        "train", "--config", shipped, "--results-dir", "/nonexistent/run", "--init-weights", "ema",
      ], "'--init-weights' needs '--init-from FILE', or model.ckpt."
    ),
  ])
  func explainsMistakes(arguments: [String], hint: String) throws {
    let result = try Command(arguments: arguments)
    #expect(result.code == 64)
    #expect(result.errors.contains(hint), "\(result.errors)")
  }

  private func checkpoints(in run: String) throws -> [String] {
    let folder = "\(run)/checkpoints"
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
      .map { $0.replacing(".json", with: ".safetensors") }.sorted()
  }
}

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
    scratch = try TemporaryFolder()
    try writeTinyImages(to: scratch)
    config = try scratch.write(
      """
      model: {input_size: 4, in_channels: 1, hidden_size: 16, depth: 2, num_heads: 2,
        num_classes: 2, learn_sigma: false}
      data: {path: \(scratch.file("data"))}
      transport: {time_dist_type: beta_2_1}
      mixflow: {gamma: 0.8}
      training: {max_steps: 8, batch_size: 8, learning_rate: 1e-2, log_every: 2,
        checkpoint_every: 4, sample_every: 8, sample_count: 4}
      sampler: {num_steps: 3}
      """.utf8, to: "run.yaml")
  }

  @Test func trainsSamplesAndConverts() throws {
    let run = scratch.file("run")
    let train = try Command("train", "--config", config, "--results-dir", run)
    #expect(train.code == 0, "\(train.errors)")
    #expect(train.errors.contains("step 8/8"))
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
    #expect(
      try Command("convert", checkpoint, scratch.file("bare.safetensors")).code == 0)
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

    var arguments = ["train", "--config", config, "--results-dir", killed, "-q"] + settings
    for delay in [0.3, 0.45, 0.61] {
      let process = try Command.start(arguments)
      Thread.sleep(forTimeInterval: delay)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if !(try checkpoints(in: killed)).isEmpty { arguments = ["train", "--resume", killed, "-q"] }
    }
    let last = try Command(arguments: arguments)
    #expect(last.code == 0, "\(last.errors)")
    for name in ["checkpoints/0003000.safetensors"] {
      #expect(try readBytes("\(whole)/\(name)") == readBytes("\(killed)/\(name)"))
    }
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

  @Test func showsWhatItWouldDo() throws {
    let result = try Command("train", "--config", config, "--dry-run", "--set", "mixflow.gamma=0.5")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("gamma: 0.5"))
    #expect(result.output.contains("# parameters  "))
    #expect(result.output.contains("# memory"))
    #expect(result.output.contains("# time"))
  }

  @Test(arguments: [
    (["train"], "--config FILE"),
    (["train", "--config", "a.yaml"], "--results-dir DIR"),
    (["train", "--resume", "a", "--config", "b"], "leave out"),
    (["sample", "--ckpt", "a", "--out", "b", "--num", "0"], "must be positive"),
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

/// Two classes of five 4x4 images each.
private func writeTinyImages(to scratch: TemporaryFolder) throws {
  for label in 0..<2 {
    for index in 0..<5 {
      let pixels = (0..<16).map { UInt8(truncatingIfNeeded: $0 * 7 + index * 31 + label * 90) }
      let image = Image(width: 4, height: 4, channels: 1, pixels: pixels)
      try scratch.write(try image.pngBytes(), to: "data/\(label)/\(index).png")
    }
  }
}

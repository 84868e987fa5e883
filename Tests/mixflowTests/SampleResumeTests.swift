import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// What `sample --resume` goes on with.
@Suite struct SampleResumeTests {
  private let tiny: TinyRun
  private let out: String
  private let checkpoint: String

  init() throws {
    tiny = try TinyRun()
    out = tiny.scratch.file("out")
    checkpoint = try tiny.checkpoint()
  }

  private func sample(_ options: [String]) throws -> Command {
    try Command(arguments: ["sample", "--ckpt", checkpoint, "--out", out] + options)
  }

  @Test func refusesOtherOptions() throws {
    #expect(try sample(["--num", "4"]).code == 0)
    try FileManager.default.removeItem(atPath: "\(out)/000001.png")
    let record = try readBytes("\(out)/samples.json")
    for (options, difference) in [
      (["--steps", "5"], "sampler.num_steps was 3 and is 5"),
      (["--cfg-scale", "1.5"], "guidance.scale was 1.0 and is 1.5"),
      (["--set", "guidance.t_max=0.5"], "guidance.t_max was 1.0 and is 0.5"),
      (["--set", "sampler.quantize=rae"], "sampler.quantize was sit and is rae"),
      (["--solver", "heun"], "sampler.sampling_method was euler and is heun"),
      (["--seed", "1"], "--seed was 0 and is 1"),
      (["--weights", "raw"], "--weights was ema and is raw"),
      (["--classes", "0"], "--classes was all and is 0"),
      (["--label-sampling", "random"], "--label-sampling was turns and is random"),
    ] {
      let resumed = try sample(["--num", "4", "--resume"] + options)
      #expect(resumed.code == 1)
      #expect(
        resumed.errors.contains(
          "\(out): cannot be resumed: \(difference); give the options of its samples, or choose "
            + "another folder\n"), "\(resumed.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(out)/000001.png"))
    #expect(try readBytes("\(out)/samples.json") == record)
    // Batches and threads change nothing, and more images are more of the same.
    let more = try sample(["--num", "6", "--resume", "--batch-size", "1", "--threads", "1"])
    #expect(more.code == 0, "\(more.errors)")
    #expect(more.errors.contains("3 images, 6 with older ones"), "\(more.errors)")
  }

  @Test func anAdaptiveSolverGoesOnInTheSameBatches() throws {
    let adaptive = ["--solver", "dopri5", "--cfg-scale", "3"]
    #expect(try sample(["--num", "3", "--batch-size", "2"] + adaptive).code == 0)
    let other = try sample(["--num", "6", "--batch-size", "3", "--resume"] + adaptive)
    #expect(other.code == 1 && other.errors.contains("--batch-size was 2 and is 3"))
    let more = try sample(["--num", "6", "--batch-size", "2", "--resume"] + adaptive)
    #expect(more.code == 0, "\(more.errors)")
    let whole = tiny.scratch.file("whole")
    #expect(
      try sample(["--num", "6", "--batch-size", "2", "--out", whole] + adaptive).code == 0)
    for index in 0..<6 {
      let name = "00000\(index).png"
      #expect(try readBytes("\(out)/\(name)") == readBytes("\(whole)/\(name)"), "\(name)")
    }
  }

  @Test func idleAndDoubledOptionsAreRefused() throws {
    for (options, message) in [
      (["--guide", checkpoint], "'--guide' has no effect while guidance.scale is 1"),
      (
        ["--steps", "4", "--set", "sampler.num_steps=9"], "'--set sampler.num_steps=9' and a short"
      ),
      (["--model-type", "DiT"], "'--model-type DiT' contradicts"),
      (["--npz", checkpoint], "must end in .npz"),
    ] {
      let refused = try sample(["--num", "1"] + options)
      #expect(refused.code == 64 && refused.errors.contains(message), "\(refused.errors)")
    }
    let channels = try sample(["--num", "1", "--set", "guidance.channels=3"])
    #expect(channels.errors.contains("guidance.channels: is 3, and the model has 1 channels"))
  }

  @Test func aFolderHasOneOwner() throws {
    #expect(try sample(["--num", "1"]).code == 0)
    let lock = try SampleFolder.lock(out)
    let second = try sample(["--num", "2", "--resume"])
    #expect(second.code == 1 && second.errors.contains("is in use by another mixflow process"))
    withExtendedLifetime(lock) {}
  }

  @Test func knowsACheckpointByItsContents() throws {
    #expect(try sample(["--num", "2"]).code == 0)
    let moved = tiny.scratch.file("moved.safetensors")
    try FileManager.default.copyItem(atPath: checkpoint, toPath: moved)
    #expect(try sample(["--num", "2", "--resume", "--ckpt", moved]).code == 0)
    let train = try Command(
      "train", "--config", tiny.config, "--results-dir", tiny.scratch.file("other"), "--max-steps",
      "2", "-q", "--set", "training.sample_every=null", "--set", "training.learning_rate=1e-3")
    try #require(train.code == 0, "\(train.errors)")
    let other = tiny.scratch.file("other/checkpoints/0000002.safetensors")
    let resumed = try sample(["--num", "2", "--resume", "--ckpt", other])
    #expect(resumed.code == 1)
    #expect(
      resumed.errors.contains("cannot be resumed: checkpoint was \(moved) (fingerprint "),
      "\(resumed.errors)")
  }

  @Test func sharesAreOfTheWholeRange() throws {
    let equal = ["--label-sampling", "equal"]
    #expect(try sample(["--num", "2"] + equal).code == 0)
    let resumed = try sample(["--num", "4", "--resume"] + equal)
    #expect(resumed.errors.contains("--num was 2 and is 4"), "\(resumed.errors)")
  }

  @Test func refusesSamplesWithoutARecord() throws {
    #expect(try sample(["--num", "2", "--resume"]).code == 0, "an empty folder is begun")
    try FileManager.default.removeItem(atPath: "\(out)/samples.json")
    let resumed = try sample(["--num", "3", "--resume"])
    #expect(resumed.code == 1)
    #expect(resumed.errors.contains("holds samples but no samples.json"), "\(resumed.errors)")
    try tiny.scratch.write("{}".utf8, to: "out/samples.json")
    let broken = try sample(["--num", "3", "--resume"])
    #expect(broken.errors.contains("samples.json that is no record"), "\(broken.errors)")
  }

  @Test func aMixedFolderIsNotGoneOnWith() throws {
    #expect(try sample(["--num", "2"]).code == 0)
    #expect(try sample(["--first", "2", "--num", "1"]).code == 0)
    #expect(FileManager.default.fileExists(atPath: "\(out)/samples.json"))
    let mixed = try sample(["--first", "3", "--num", "1", "--seed", "1"])
    #expect(mixed.code == 0)
    #expect(mixed.errors.contains("other options (--seed was 0 and is 1)"), "\(mixed.errors)")
    #expect(try sample(["--num", "5", "--resume"]).code == 1)
    #expect(try sample(["--num", "2", "--overwrite"]).code == 0)
    #expect(try sample(["--num", "3", "--resume"]).code == 0)
  }

  @Test func refusesSolversThatAreNone() throws {
    let command = try sample(["--solver", "hean"])
    #expect(command.code == 64)
    #expect(
      command.errors.contains(
        "'--solver hean' is no solver; known: euler, midpoint, heun, heun3, rk4, dopri5, sde, "
          + "sde-heun, ddpm, ddim."), "\(command.errors)")
  }
}

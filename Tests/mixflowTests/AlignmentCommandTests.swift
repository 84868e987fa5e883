import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// `mixflow train` with REPA's alignment, as a user runs it.
@Suite struct AlignmentCommandTests {
  private let repa: REPAFolder
  private let config: String
  private let encoder: String

  init() throws {
    repa = try REPAFolder()
    encoder = repa.folder.file("encoder.pth")
    try TorchWriter.write(
      .stateDict(try TinyEncoder().hubTensors.map { ($0.name, .float32($0.value)) }), to: encoder)
    config = try repa.folder.write(
      """
      model: {type: REPA, input_size: 4, hidden_size: 16, depth: 2, num_heads: 2, num_classes: 2,
        encoder_depth: 1, z_dims: [64], projector_dim: 24}
      data: {path: \(repa.path)}
      transport: {time_dist_type: beta_2_1}
      mixflow: {gamma: 0.8}
      training: {max_steps: 4, batch_size: 4, log_every: 2, proj_coeff: 0.5, encoder: \(encoder)}
      """.utf8, to: "run.yaml")
  }

  @Test func trainsAlignedToTheEncoder() throws {
    let run = repa.folder.file("run")
    let train = ["train", "--config", config, "--results-dir", run]
    let first = try Command(arguments: train + ["--max-steps", "2"])
    try #require(first.code == 0, "\(first.errors)")
    #expect(first.errors.contains("  proj "), "\(first.errors)")
    let rest = try Command("train", "--resume", run, "--set", "training.max_steps=4")
    try #require(rest.code == 0, "\(rest.errors)")
    let lines = try repa.folder.text("run/metrics.jsonl").split(separator: "\n")
    #expect(lines.count == 2 && lines.allSatisfy { $0.contains("\"proj_loss\":") }, "\(lines)")

    let whole = try Command(
      "train", "--config", config, "--results-dir", repa.folder.file("whole"), "-q")
    try #require(whole.code == 0, "\(whole.errors)")
    let files = try ["run", "whole"].map {
      try SafeTensorsFile(
        contentsOf: repa.folder.file("\($0)/checkpoints/0000004.safetensors"))
    }
    for name in files[0].names {
      #expect(try files[0].bytes(name) == files[1].bytes(name), "\(name)")
    }
  }

  @Test func dryRunCountsTheEncoder() throws {
    let dry = try Command("train", "--config", config, "--dry-run")
    try #require(dry.code == 0, "\(dry.errors)")
    #expect(dry.output.contains("of it for the encoder"), "\(dry.output)")
    #expect(dry.output.contains("encoder: \(encoder)"))
  }

  @Test(arguments: [
    ("training.encoder=null", "training.proj_coeff: is 0.5, but there are no features"),
    ("training.encoder=none.pth", "none.pth"),
    ("training.enc_type=clip-vit-l", "training.enc_type: 'clip-vit-l' is none of the encoders"),
    ("training.proj_coeff=0", "training.encoder: has no effect with training.proj_coeff 0"),
  ])
  func refusesMistakes(setting: String, message: String) throws {
    let command = try Command(
      "train", "--config", config, "--results-dir", repa.folder.file("run"), "--set", setting)
    #expect(command.code == 1 && command.errors.contains(message), "\(command.errors)")
  }
}

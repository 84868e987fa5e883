import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import MixFlowTraining
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

  /// Features beside the latents of one file, made by the command.
  @Test func trainsOnStoredFeatures() throws {
    let file = repa.folder.file("packed.safetensors")
    let packed = try Command(
      "latents", repa.path, "--autoencoder", Fixtures.path("vae/weights.safetensors"), "--encoder",
      encoder, "-o", file, "-q")
    try #require(packed.code == 0, "\(packed.errors)")
    #expect(try SafeTensorsFile(contentsOf: file).info(for: "features").shape == [6, 1, 4, 64])
    // Rounded to float16, but else the alignment of the run that encodes pictures itself.
    let settings = ["data.path=\(file)", "training.encoder=null"].flatMap { ["--set", $0] }
    var losses: [[Double]] = []
    for (name, settings) in [("stored", settings), ("encoded", [])] {
      let run = try Command(
        arguments: ["train", "--config", config, "--results-dir", repa.folder.file(name), "-q"]
          + settings)
      try #require(run.code == 0, "\(run.errors)")
      losses.append(
        try repa.folder.text("\(name)/metrics.jsonl").split(separator: "\n").map {
          try #require(
            try JSONDecoder().decode(MetricsLog.Line.self, from: Data($0.utf8)).projectionLoss)
        })
    }
    expectClose(losses[0], losses[1], absolute: 2e-3, "proj_loss")
    let twice = try Command(
      "train", "--config", config, "--results-dir", repa.folder.file("c"), "--set",
      "data.path=\(file)")
    #expect(twice.errors.contains("training.encoder: is for pictures, but"), "\(twice.errors)")
  }

  /// A folder of pictures in classes, mirrored ones too.
  @Test func storesFeaturesOfAFolder() throws {
    for (index, picture) in repa.pictures.enumerated() {
      try repa.folder.write(
        try picture.pngBytes(), to: "pictures/\(repa.labels[index])/\(index).png")
    }
    let file = repa.folder.file("latents.safetensors")
    let latents = [
      "latents", repa.folder.file("pictures"), "--autoencoder",
      Fixtures.path("vae/weights.safetensors"), "--flip", "-q",
    ]
    let encoded = try Command(arguments: latents + ["--encoder", encoder, "-o", file])
    try #require(encoded.code == 0, "\(encoded.errors)")
    let run = try Command(
      arguments: ["train", "--config", config, "--results-dir", repa.folder.file("run"), "-q"]
        + ["data.path=\(file)", "data.flip=true", "training.encoder=null"].flatMap {
          ["--set", $0]
        })
    try #require(run.code == 0, "\(run.errors)")
    let other = repa.folder.file("other.safetensors")
    let coarse = try Command(
      arguments: latents + ["--encoder", encoder, "--feature-grid", "1", "-o", other])
    try #require(coarse.code == 0, "\(coarse.errors)")
    let mismatch = try Command(
      arguments: ["train", "--config", config, "--results-dir", repa.folder.file("b")]
        + ["data.path=\(other)", "training.encoder=null"].flatMap { ["--set", $0] })
    #expect(mismatch.code == 1 && mismatch.errors.contains("model.patch_size: makes 4 tokens"))
  }

  @Test func dryRunCountsTheEncoder() throws {
    let dry = try Command("train", "--config", config, "--dry-run")
    try #require(dry.code == 0, "\(dry.errors)")
    #expect(dry.output.contains("of it for the encoder"), "\(dry.output)")
    #expect(dry.output.contains("encoder: \(encoder)"))
    let blind = try Command("train", "--config", config, "--dry-run", "--set", "data.path=null")
    #expect(blind.output.contains("of it for the encoder"), "\(blind.output)\(blind.errors)")
  }

  @Test(arguments: [
    ("training.encoder=null", 1, "training.proj_coeff: is 0.5, but there are no features"),
    ("training.encoder=none.pth", 1, "none.pth"),
    ("training.enc_type=clip-vit-l", 64, "training.enc_type: 'clip-vit-l' is none of the encoders"),
    ("training.proj_coeff=0", 1, "training.encoder: has no effect with training.proj_coeff 0"),
  ])
  func refusesMistakes(setting: String, code: Int32, message: String) throws {
    let command = try Command(
      "train", "--config", config, "--results-dir", repa.folder.file("run"), "--set", setting)
    #expect(command.code == code && command.errors.contains(message), "\(command.errors)")
  }
}

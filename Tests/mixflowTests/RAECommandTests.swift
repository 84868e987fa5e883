import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowTestSupport
import Testing

/// Commands with files of RAE's layout.
@Suite struct RAECommandTests {
  /// Two classes of five 4x4 pictures, and a file of RAE that trains on them for four steps.
  private static func file(in scratch: TemporaryFolder, ckpt: String? = nil, width: Int = 16) throws
    -> String
  {
    for index in 0..<10 where ckpt == nil {
      let pixels = (0..<48).map { UInt8(truncatingIfNeeded: $0 * 7 + index * 31) }
      let image = Image(width: 4, height: 4, channels: 3, pixels: pixels)
      try scratch.write(try image.pngBytes(), to: "data/\(index / 5)/\(index).png")
    }
    return try scratch.write(
      """
      stage_2:
        target: stage2.models.DDT.DiTwDDTHead
        params: {input_size: 4, patch_size: 1, in_channels: 3, hidden_size: [\(width), 32],
          depth: [1, 1], num_heads: [2, 2], mlp_ratio: 4.0, num_classes: 2}
        ckpt: \(ckpt.map { "'\($0)'" } ?? "null")
      transport: {params: {path_type: 'Linear', time_dist_type: 'uniform'}}
      sampler: {mode: ODE, params: {sampling_method: 'euler', num_steps: 3, atol: 1e-6}}
      guidance: {method: cfg, scale: 1.5, t-min: 0.0, t-max: 0.6}
      misc: {latent_size: [3, 4, 4], num_classes: 2, time_dist_shift_base: 12}
      training: {epochs: 2, global_batch_size: 5, grad_accum_steps: 1, base_lr: 1e-3, ckpt_every: 4,
        log_every: 1, num_workers: 2, global_seed: 3}
      mixflow: {gamma: 0.4}
      data: {path: '\(scratch.file("data"))', images: 10}
      """.utf8, to: "rae.yaml")
  }

  @Test func trainsAndSamples() throws {
    let scratch = try TemporaryFolder()
    let run = scratch.file("run")
    let config = try Self.file(in: scratch)
    let none = try Command("sample", "--config", config, "--out", scratch.file("none"))
    #expect(none.errors.contains("model.ckpt: is null in \(config); set it, or give '--ckpt FILE'"))
    let train = try Command("train", "--config", config, "--results-dir", run)
    #expect(train.code == 0, "\(train.errors)")
    #expect(train.errors.contains("note: not used here: training.num_workers"))
    #expect(train.errors.contains("note: an epoch is 2 steps of 5, for 10 images"))
    let checkpoint = "\(run)/checkpoints/0000004.safetensors"

    func sample(_ options: String..., to out: String) throws -> [UInt8] {
      let sample = try Command(
        arguments: ["sample", "--out", scratch.file(out), "--num", "2", "-q"] + options)
      #expect(sample.code == 0, "\(sample.errors)")
      return try readBytes(scratch.file("\(out)/000001.png"))
    }
    let image = try sample("--ckpt", checkpoint, to: "by-checkpoint")
    let own = try Self.file(in: scratch, ckpt: checkpoint)
    #expect(try sample("--config", own, to: "by-file") == image)
    let torch = scratch.file("weights.pt")
    let convert = try Command("convert", checkpoint, torch, "-q")
    #expect(convert.code == 0, "\(convert.errors)")
    #expect(
      try sample("--config", config, "--ckpt", torch, to: "by-option") == image,
      "a PyTorch file without settings, and '--ckpt' wins")

    let other = try Self.file(in: scratch, ckpt: torch, width: 24)
    let wrong = try Command("sample", "--config", other, "--out", scratch.file("wrong"))
    #expect(wrong.code == 1)
    #expect(wrong.errors.contains("24"), "\(wrong.errors)")
  }

  @Test func startsFromItsCheckpoint() throws {
    let scratch = try TemporaryFolder()
    _ = try Self.file(in: scratch)
    let config = try Self.file(in: scratch, ckpt: "missing.pt")
    let run = ["train", "--config", config, "--results-dir", scratch.file("run")]
    let missing = try Command(arguments: run)
    #expect(missing.code == 1)
    #expect(missing.errors.contains("missing.pt"), "\(missing.errors)")
    let option = try Command(arguments: run + ["--init-from", "other.safetensors"])
    #expect(option.errors.contains("other.safetensors"), "\(option.errors)")
    let dry = try Command("train", "--config", config, "--dry-run", "--set", "data.path=null")
    #expect(dry.code == 0, "\(dry.errors)")
    for note in [
      "type: DiT-DH", "model.ckpt: missing.pt is not there", "data.path: is not set",
      "# note        not used here: training.num_workers", "max_steps: 4\n",
    ] {
      #expect(dry.output.contains(note), "\(dry.output)")
    }
  }
}

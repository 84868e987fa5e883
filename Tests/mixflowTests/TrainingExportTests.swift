import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// What `convert` writes for PyTorch; `scripts/check-torch` has PyTorch itself read it.
@Suite struct TrainingExportTests {
  private let tiny: TinyRun
  private let output: String

  init() throws {
    tiny = try TinyRun()
    output = tiny.scratch.file("out.pt")
  }

  private func convert(_ arguments: String...) throws -> Command {
    try Command(arguments: ["convert"] + arguments)
  }

  /// A checkpoint of a tiny network of RAE.
  private func checkpointOfRAE() throws -> String {
    let run = tiny.scratch.file("rae")
    let settings = [
      "model.type=DiT-DH", "model.hidden_size=[8,16]", "model.depth=[1,1]", "model.num_heads=[2,2]",
      "training.sample_every=null", "model.patch_size=1", "training.optimizer_in_backward=false",
    ]
    let config = try tiny.scratch.write(
      """
      model: {type: DiT-DH, input_size: 4, in_channels: 1, num_classes: 2, learn_sigma: true}
      data: {path: \(tiny.scratch.file("data"))}
      training: {max_steps: 2, batch_size: 4}
      """.utf8, to: "rae.yaml")
    let train = try Command(
      arguments: ["train", "--config", config, "--results-dir", run, "-q"]
        + settings.flatMap { ["--set", $0] })
    try #require(train.code == 0, "\(train.errors)")
    return "\(run)/checkpoints/0000002.safetensors"
  }

  @Test func writesAllThatTrainingGoesOnWith() throws {
    let checkpoint = try tiny.checkpoint()
    let command = try convert(checkpoint, output)
    #expect(command.code == 0, "\(command.errors)")
    #expect(command.errors.contains("the optimizer's state after step 2"), "\(command.errors)")
    let (source, file) = (
      try SafeTensorsFile(contentsOf: checkpoint), try TorchFile(contentsOf: output)
    )
    let keys = source.names.filter { $0.hasPrefix("model.") }.map { $0.dropFirst("model.".count) }
    #expect(file.names.filter { $0.hasPrefix("model.") }.count == keys.count)
    for (index, key) in keys.enumerated() {
      #expect(try file.bytes("model.\(key)") == source.bytes("model.\(key)"))
      // Positions are not trained: they have a number, and neither a state nor an average of ours.
      let isTrained = key != "pos_embed"
      #expect(
        try file.bytes("ema.\(key)") == source.bytes((isTrained ? "ema." : "model.") + key))
      #expect(file.names.contains("opt.state.\(index).step") == isTrained)
      guard isTrained else { continue }
      #expect(try file.tensor("opt.state.\(index).step").array == [2])
      for moment in ["exp_avg", "exp_avg_sq"] {
        #expect(
          try file.bytes("opt.state.\(index).\(moment)") == source.bytes("\(moment).\(key)"))
      }
    }
    #expect(file.step == 2)
    #expect(file.metadata["opt.param_groups.0.lr"] == "0.01")
    #expect(file.metadata["opt.param_groups.0.betas"] == "(0.9, 0.999)")
    #expect(file.metadata["opt.param_groups.0.params"]?.hasPrefix("[0, 1, 2, ") == true)
    #expect(file.metadata["args.num_classes"] == "2")
  }

  @Test func writesRAEsOwnLayout() throws {
    let command = try convert(try checkpointOfRAE(), output)
    #expect(command.code == 0, "\(command.errors)")
    let file = try TorchFile(contentsOf: output)
    #expect(file.metadata["step"] == "2")
    #expect(file.metadata["epoch"] == "0")
    #expect(file.metadata["scheduler.last_epoch"] == "2")
    #expect(file.metadata["optimizer.param_groups.0.initial_lr"] != nil)
    #expect(file.names.contains("optimizer.state.1.exp_avg"))
    #expect(file.names.contains("model.enc_feat_rope.freqs_cos"))
  }

  @Test func namesRawWeights() throws {
    #expect(try convert(try tiny.checkpoint(), output, "--weights", "raw").code == 0)
    let names = try TorchFile(contentsOf: output).names
    #expect(names.allSatisfy { $0.hasPrefix("model.") })
    #expect(try convert(output, output + ".back.pt").code == 0)
    #expect(try TorchFile(contentsOf: output + ".back.pt").names == names, "raw as before")
    #expect(try convert(try checkpointOfRAE(), output, "--weights", "raw", "--overwrite").code == 0)
    #expect(try TorchFile(contentsOf: output).names.contains("x_embedder.proj.weight"))
  }

  @Test func aBareFileIsToBeSampled() throws {
    let bare = tiny.scratch.file("bare.safetensors")
    #expect(try convert(try tiny.checkpoint(), bare).code == 0)
    #expect(try convert(bare, output).code == 0)
    #expect(try TorchFile(contentsOf: output).names.allSatisfy { $0.hasPrefix("ema.") })
  }

  @Test func refusesWhatIsNoRun() throws {
    let checkpoint = try tiny.checkpoint()
    let bare = tiny.scratch.file("bare.safetensors")
    #expect(try convert(checkpoint, bare).code == 0)
    for (arguments, message) in [
      ([bare, output, "--weights", "all"], "\(bare) is none."),
      ([checkpoint, bare, "--weights", "all"], "does not end in .pt."),
      (
        [checkpoint, output, "--weights", "all", "--precision", "float16"],
        "'--weights all' is float32; for float16 take '--weights ema' or 'raw'."
      ),
      ([checkpoint, output, "--heads", "4"], "'--heads 4' contradicts"),
    ] {
      let command = try Command(arguments: ["convert"] + arguments)
      #expect(command.code == 64)
      #expect(command.errors.contains(message), "\(command.errors)")
    }
    #expect(try convert(checkpoint, output, "--precision", "float16").code == 0)
    #expect(try TorchFile(contentsOf: output).names.allSatisfy { $0.hasPrefix("ema.") })
  }
}

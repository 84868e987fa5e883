import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// What commands say of mistakes and of what may surprise, as a user sees it; `Tests/Messages` has the
/// words.
@Suite struct CommandMessageTests {
  @Test func mistakesInTheCommandLine() throws {
    let lines = Self.mistakes.split(separator: "\n").map(String.init)
    try expect(lines, in: "command-line", replacing: [:])
  }

  /// A command a line; what stands in capitals is replaced.
  private static let mistakes = """
    bogus
    sample --out x --bogus
    doctor --threads 0
    train
    train --config a.yaml
    train --resume a --config b
    train --resume a --init-weights ema
    train --resume a --load step
    train --resume EMPTY
    train --config a.yaml --results-dir EMPTY
    train --config CONFIGS/fashion-plain.yaml --results-dir /nonexistent --init-weights ema
    train --config CONFIGS/fashion-plain.yaml --results-dir /nonexistent --load all
    train --config CONFIGS/fashion-plain.yaml --results-dir /nonexistent --init-from x --load rest
    train --config CONFIGS/fashion-plain.yaml --dry-run --set mixflow.gamma=1.5
    train --config CONFIGS/fashion-plain.yaml --dry-run --max-steps 0
    train --config CONFIGS/fashion-plain.yaml --dry-run --max-steps 5 --set training.max_steps=6
    train --resume a --seed 5 --set training.seed=6
    train --config CONFIGS/fashion-plain.yaml --dry-run --set mixflow.gama=1
    train --config CONFIGS/fashion-plain.yaml --dry-run --set mixflow.gamma
    sample --out x
    sample --out EMPTY
    sample --out x --num 0
    sample --out x --first=-1
    sample --out x --first 999999999 --num 2
    sample --out x --batch-size 0
    sample --out x --seed=-1
    sample --out x --classes 3-1
    sample --out x --adapter-scale 2
    sample --out x --adapter x --adapter-scale inf
    adapter merge a b c.bin
    adapter merge a b c.pt --scale inf
    sample --out x --npz a.zip
    sample --out x --columns 0
    sample --out x --resume --overwrite
    sample --out x --latents --columns 3
    sample --out x --latents --resume
    sample --out x --cfg-scale inf
    sample --out x --guide-heads 0
    sample --out x --heads 0
    sample --out x --solver x
    sample --out x --set guidance.scale=2 --cfg-scale 3
    sample --out x --set guidance.scale
    sample --out x --set model.depth=3
    likelihood --data x --num 0
    likelihood --data x --batch-size 0
    likelihood --data x --seed=-1
    likelihood --data x --solver sde
    likelihood --data x --steps 1
    likelihood --data x --set sampler.mode=SDE
    grid a --out a.jpg
    grid a --out a.png --columns 0
    convert a b
    convert a b.safetensors --weights all
    convert a b.pt --weights all --precision float16
    convert a b.safetensors --posthoc-ema 0.3
    convert a b.safetensors --at-step 4
    convert a b.safetensors --posthoc-ema 0.1 --at-step 0
    convert a b.safetensors --posthoc-ema 0.1 --weights ema
    reconstruct a.png --out x
    reconstruct a.png --out EMPTY --autoencoder x
    reconstruct a.png --out x --autoencoder x --size 0
    reconstruct a/a.png b/a.png --out x --autoencoder x
    latents x -o a.safetensors
    latents x --autoencoder x
    latents x --autoencoder x -o a.npz
    latents x --autoencoder x --statistics a.npz
    latents x --autoencoder x -o a.safetensors --size 0
    latents x --autoencoder x --statistics a.pt --batch-size 0
    latents x --autoencoder x --statistics a.pt --encoder x
    latents x --autoencoder x -o a.safetensors --feature-grid 8
    latents x --autoencoder x -o a.safetensors --encoder x --feature-grid 0
    latents x --autoencoder x --statistics a.pt --shard-size 1
    latents x --autoencoder x -o a --shard-size 0
    data check x --resize 0
    data subset --source x --out EMPTY --per-class 1
    data subset --source x --out y --per-class 0
    data subset --source x --out y --per-class 1 --margin=-1
    data subset --source x --out y --per-class 1 --size 0
    """

  /// Runs each line and compares what it says.
  private func expect(
    _ lines: [String], in table: String, replacing names: [String: String]
  ) throws {
    let configs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "configs").path
    let found = try lines.map { line in
      var arguments = line.split(separator: " ").map(String.init)
      for index in arguments.indices {
        if arguments[index] == "EMPTY" { arguments[index] = "" }
        for (path, name) in names {
          arguments[index] = arguments[index].replacing(name, with: path)
        }
        arguments[index] = arguments[index].replacing("CONFIGS", with: configs)
      }
      return (name: line, text: Self.text(try Command(arguments: arguments)))
    }
    try MessageTable(table).expect(
      found, replacing: names.merging([configs: "CONFIGS"]) { $1 })
  }

  /// What a person is to read: the exit code, what stands on standard error but the lines of progress,
  /// and the results, without numbers that differ from one processor to another.
  private static func text(_ command: Command) -> String {
    let lines = command.errors.split(separator: "\n")
      .prefix { !$0.hasPrefix("Usage: ") }
      .filter { !$0.hasPrefix("step ") && !$0.contains("ETA") }
    let results = command.output.split(separator: "\n").map { line in
      String(line).replacing(/[0-9]+\.[0-9]+(e[-+][0-9]+)?/, with: "N.N")
        .replacing(/fingerprint [0-9a-f]+/, with: "fingerprint F")
        .replacing(/-?[0-9.]+, max -?[0-9.]+/, with: "N, max N")
    }
    return (["exit code \(command.code)"] + lines.map(String.init) + results)
      .joined(separator: "\n").replacing(/[0-9,]+ bytes/, with: "N bytes")
  }

  @Test func runs() throws {
    let tiny = try TinyRun()
    let folder = tiny.scratch
    func picture(_ width: Int, _ height: Int, _ value: UInt8 = 9) throws -> [UInt8] {
      try Image(
        width: width, height: height, channels: 3,
        pixels: [UInt8](repeating: value, count: width * height * 3)
      ).pngBytes()
    }
    try folder.write(try picture(10, 8), to: "pictures/0/a.png")
    try folder.write(try picture(10, 8), to: "a.png")
    try folder.write(try picture(8, 8), to: "b.png")
    for index in 0..<42 {
      let bytes = try picture(8, 8, UInt8(index / 2))
      try folder.write(bytes, to: "copies/0/\(index).png")
    }
    try folder.write("text".utf8, to: "broken/0/a.png")
    try folder.write("text".utf8, to: "text.yaml")
    try folder.write("autoencoder: {}".utf8, to: "empty.yaml")
    let tile = try Image(width: 4, height: 4, channels: 1, pixels: Array(0..<16)).pngBytes()
    for index in [0, 1, 3] { try folder.write(tile, to: "three/00000\(index).png") }
    try folder.write(tile, to: "one/000000.png")
    let array = folder.file("array.npy")
    try NumPyArray(doubles: [1, 2], shape: [2]).write(to: array)
    let column = folder.file("column.npy")
    try NumPyArray(doubles: [1, 2, 3, 4], shape: [2, 2]).write(to: column)
    try folder.write(
      TorchBytes.zip(
        [
          .init(name: "mu.npy", content: try readBytes(array)),
          .init(name: "sigma.npy", content: try readBytes(column)),
        ], hasChecksums: true), to: "statistics.npz")
    try folder.write(
      """
      model: {input_size: 2, in_channels: 4, hidden_size: 16, depth: 1, num_heads: 2, num_classes: 1}
      data: {path: \(folder.file("m.safetensors"))}
      training: {max_steps: 1, batch_size: 1, sample_every: null}
      """.utf8, to: "latents.yaml")
    try folder.write("{}".utf8, to: "lora-none/adapter_config.json")
    try folder.write(
      #"{"peft_type": "LORA", "lora_alpha": 2, "use_dora": true}"#.utf8,
      to: "lora-dora/adapter_config.json")
    for (name, key) in [("lora-bare", "w"), ("lora-foreign", "a.lora_embedding_A")] {
      try folder.write(
        #"{"peft_type": "LORA", "lora_alpha": 2}"#.utf8, to: "\(name)/adapter_config.json")
      try SafeTensorsWriter.write(
        [(name: "base_model.model." + key, value: Tensor([1], shape: [1]))],
        to: folder.file("\(name)/adapter_model.safetensors"))
    }
    let repa = try REPAFolder()
    let checkpoint = try tiny.checkpoint()
    let file = try SafeTensorsFile(contentsOf: checkpoint)
    try SafeTensorsWriter.write(
      try file.names.map { (name: $0, value: try file.tensor($0)) },
      metadata: file.metadata.mapValues {
        $0.replacing("\"num_heads\":2", with: "\"num_heads\":3")
      }, to: folder.file("heads.safetensors"))
    let lines = Self.commands.split(separator: "\n").map(String.init)
    try expect(
      lines, in: "commands",
      replacing: [
        checkpoint: "CHECKPOINT", tiny.config: "CONFIG", folder.path: "FOLDER",
        repa.path: "REPA", Fixtures.path("vae/weights.safetensors"): "VAE",
        Fixtures.path("stage1/dino_weights.safetensors"): "DINO",
        Fixtures.path("models/sit_ls/weights.safetensors"): "BARE",
        Fixtures.path("models/repa_qk1/weights.safetensors"): "ALIGNED", Fixtures.root: "FIXTURES",
      ])
  }

  /// What a run says when it is told to stop, by `timeout` of the system.
  @Test(arguments: [("TERM", 130, "stopped"), ("USR1", 75, "saved")])
  func interruptions(signal: String, code: Int32, verb: String) throws {
    let tiny = try TinyRun()
    let run = tiny.scratch.file("run")
    let command = try Command(
      executable: URL(filePath: "/usr/bin/env"),
      arguments: [
        "timeout", "--preserve-status", "-s", signal, "0.7", Command.executable.path(), "train",
        "--config", tiny.config, "--results-dir", run, "--max-steps", "100000000", "--set",
        "training.sample_every=null",
      ])
    #expect(command.code == code)
    let last = command.errors.split(separator: "\n").last
      .map { $0.replacing(/step [0-9]+/, with: "step N").replacing(run, with: "RUN") }
    #expect(
      last
        == (signal == "TERM"
          ? "stopped after step N; go on with: mixflow train --resume RUN"
          : "saved after step N to be started again: mixflow train --resume RUN"))
  }

  private static let commands = """
    inspect FOLDER/none
    inspect FOLDER/text.yaml
    inspect CHECKPOINT --heads 5
    inspect VAE --verify
    train --config FOLDER/none.yaml --results-dir FOLDER/r
    train --config FOLDER/text.yaml --results-dir FOLDER/r
    train --resume FOLDER/none
    train --config CONFIG --results-dir FOLDER/r --set data.path=null
    train --config CONFIG --results-dir FOLDER/r --set data.path=FOLDER/none
    train --config CONFIG --results-dir FOLDER/r --set data.split=x
    train --config CONFIG --results-dir FOLDER/r --set data.split=test
    train --config CONFIG --results-dir FOLDER/rgb --max-steps 1 --set model.in_channels=3
    train --config CONFIG --results-dir FOLDER/r --set data.resize=2
    train --config CONFIG --results-dir FOLDER/r --set data.resize=0
    train --config CONFIG --results-dir FOLDER/r --set model.num_classes=1
    train --config CONFIG --results-dir FOLDER/r --set data.path=FOLDER/broken
    train --config CONFIG --results-dir FOLDER/a.png
    train --config CONFIG --results-dir FOLDER/r --max-steps 2 --set transport.time_dist_type=uniform
    train --config CONFIG --results-dir FOLDER/r
    train --resume FOLDER/r --set model.depth=3
    train --resume FOLDER/r --max-steps 1
    train --resume FOLDER/r --set mixflow.gamma=null --set mixflow.range=vanishing --max-steps 3
    train --config CONFIG --results-dir FOLDER/s --set training.learning_rate=1e30
    train --config CONFIG --results-dir FOLDER/t --init-from CHECKPOINT --load step
    train --config CONFIG --results-dir FOLDER/u --init-from VAE
    train --config CONFIG --results-dir FOLDER/v --init-from CHECKPOINT --init-weights ema:0.5
    train --config CONFIG --results-dir FOLDER/x --set training.learning_rate=1e30 --set training.on_spike=skip --set training.max_spikes=1
    train --config CONFIG --results-dir FOLDER/y --init-from CHECKPOINT --set model.num_classes=3 --init-allow-missing y_embedder.* --max-steps 1
    train --config CONFIG --results-dir FOLDER/gvp --max-steps 1 --set transport.path_type=GVP
    train --config CONFIG --results-dir FOLDER/dit --max-steps 1 --set model.type=DiT --set model.learn_sigma=true --set mixflow.gamma=null --set transport.time_dist_type=uniform --set sampler.mode=DDPM
    sample --ckpt CHECKPOINT --out FOLDER/o --guide FOLDER/gvp/checkpoints/0000001.safetensors --cfg-scale 2
    sample --ckpt CHECKPOINT --out FOLDER/o --guide FOLDER/dit/checkpoints/0000001.safetensors --cfg-scale 2
    likelihood --ckpt FOLDER/dit/checkpoints/0000001.safetensors --data FOLDER/data
    sample --ckpt CHECKPOINT --out FOLDER/o --classes 2
    sample --ckpt CHECKPOINT --out FOLDER/o --num 3 --label-sampling equal
    sample --ckpt CHECKPOINT --out FOLDER/o --heads 5
    sample --ckpt CHECKPOINT --out FOLDER/o --model-type DiT
    sample --ckpt CHECKPOINT --out FOLDER/o --guidance-method autoguidance
    sample --ckpt CHECKPOINT --out FOLDER/o --guide CHECKPOINT
    sample --ckpt CHECKPOINT --out FOLDER/o --guide CHECKPOINT --cfg-scale 2 --guide-heads 5
    sample --ckpt CHECKPOINT --out FOLDER/o --guide BARE --cfg-scale 2
    sample --ckpt CHECKPOINT --out FOLDER/o --guide BARE --cfg-scale 2 --guide-heads 2
    sample --ckpt CHECKPOINT --out FOLDER/o --set guidance.channels=9 --cfg-scale 2
    sample --ckpt CHECKPOINT --out FOLDER/o --set autoencoder.files=[VAE]
    sample --ckpt CHECKPOINT --out FOLDER/o --weights ema:0.5
    sample --ckpt VAE --out FOLDER/o
    sample --ckpt BARE --out FOLDER/o
    sample --ckpt BARE --heads 2 --out FOLDER/o
    sample --config CONFIG --out FOLDER/o
    sample --ckpt CHECKPOINT --out FOLDER/o --npz FOLDER/none/a.npz
    sample --ckpt CHECKPOINT --out FOLDER/o --num 3 --overwrite
    sample --ckpt CHECKPOINT --out FOLDER/o --num 3
    sample --ckpt CHECKPOINT --out FOLDER/o --num 3 --first 1
    sample --ckpt CHECKPOINT --out FOLDER/o --num 3 --resume --seed 5
    sample --ckpt CHECKPOINT --out FOLDER/o --num 3 --resume --guide-heads 2
    sample --ckpt CHECKPOINT --out FOLDER/o --num 1 --first 5 --seed 5
    sample --ckpt CHECKPOINT --out FOLDER/o --num 8 --resume
    sample --ckpt CHECKPOINT --out FOLDER/l --num 1 --latents
    sample --ckpt CHECKPOINT --out FOLDER/l --num 1 --latents
    likelihood --ckpt CHECKPOINT --data FOLDER/data --split train --num 2 --solver euler --steps 2
    likelihood --ckpt CHECKPOINT --data FOLDER/data --split test
    likelihood --ckpt CHECKPOINT --model-type DiT --data FOLDER/data
    evaluate FOLDER/data FOLDER/none
    evaluate FOLDER/data FOLDER/one
    evaluate FOLDER/data FOLDER/three
    evaluate FOLDER/pictures FOLDER/three
    grid FOLDER/none --out FOLDER/g.png
    grid FOLDER/three --out FOLDER/g.png
    convert CHECKPOINT CHECKPOINT --overwrite
    convert CHECKPOINT FOLDER/a.safetensors
    convert CHECKPOINT FOLDER/a.safetensors
    convert FOLDER/a.safetensors FOLDER/a.pt --weights all
    convert VAE FOLDER/b.safetensors
    convert CHECKPOINT FOLDER/run.pt
    convert CHECKPOINT FOLDER/raw.pt --weights raw
    convert CHECKPOINT FOLDER/ema.pt --weights ema
    sample --ckpt FOLDER/a.safetensors --out FOLDER/p --weights ema:0.5
    sample --ckpt FOLDER/raw.pt --out FOLDER/p --weights ema
    sample --ckpt FOLDER/ema.pt --out FOLDER/p --weights raw
    reconstruct FOLDER/a.png --autoencoder VAE --out FOLDER/k --size 4096000
    reconstruct FOLDER/a.png --autoencoder VAE --out FOLDER/k
    reconstruct FOLDER/b.png --autoencoder VAE --out FOLDER/k
    reconstruct FOLDER/a.png --autoencoder FOLDER/none --out FOLDER/k
    reconstruct FOLDER/a.png --autoencoder VAE --autoencoder DINO --out FOLDER/k
    reconstruct FOLDER/a.png --autoencoder DINO --out FOLDER/k
    reconstruct FOLDER/a.png --autoencoder CHECKPOINT --out FOLDER/k
    reconstruct FOLDER/a.png --autoencoder a/b/model.safetensors --out FOLDER/k
    latents FOLDER/pictures --autoencoder VAE -o VAE
    latents FOLDER/pictures --autoencoder VAE -o FOLDER/m.safetensors --size 8
    latents FOLDER/pictures --autoencoder VAE -o FOLDER/m.safetensors
    sample --ckpt FOLDER/m.safetensors --out FOLDER/p
    train --config FOLDER/latents.yaml --results-dir FOLDER/q --set data.path=null
    train --config FOLDER/latents.yaml --results-dir FOLDER/q --set data.flip=true
    train --config FOLDER/latents.yaml --results-dir FOLDER/q --set data.resize=8
    train --config FOLDER/latents.yaml --results-dir FOLDER/q --set data.split=test
    train --config FOLDER/latents.yaml --results-dir FOLDER/q --set training.sample_every=1
    train --config FOLDER/latents.yaml --results-dir FOLDER/q
    sample --ckpt FOLDER/q/checkpoints/0000001.safetensors --out FOLDER/p
    sample --ckpt FOLDER/q/checkpoints/0000001.safetensors --out FOLDER/p --num 1 --latents
    sample --ckpt FOLDER/p/latents.safetensors --out FOLDER/p
    latents REPA --autoencoder VAE -o FOLDER/repa --shard-size 1
    latents REPA --autoencoder VAE -o FOLDER/repa.safetensors --size 8
    latents REPA --autoencoder VAE -o FOLDER/repa.safetensors
    latents FOLDER/pictures --autoencoder VAE -o FOLDER/three --shard-size 1 --size 8
    latents FOLDER/data --autoencoder VAE -o FOLDER/n.safetensors --size 8 --encoder VAE
    latents FOLDER/broken --autoencoder VAE -o FOLDER/n.safetensors --size 8
    latents FOLDER/pictures --config FOLDER/empty.yaml -o FOLDER/n.safetensors
    convert CHECKPOINT FOLDER/base.safetensors --weights raw
    train --config CONFIG --init-from FOLDER/base.safetensors --results-dir FOLDER/lora --max-steps 1 --set lora.rank=2 --set training.sample_every=null
    train --config CONFIG --results-dir FOLDER/all --max-steps 1 --set lora.rank=2 --set training.sample_every=null --set training.train_only=['*']
    train --config CONFIG --results-dir FOLDER/head --max-steps 1 --set lora.rank=2 --set training.sample_every=null --set training.train_only=['final_layer.linear.*']
    adapter extract FOLDER/base.safetensors FOLDER/adapters
    adapter extract FOLDER/all/checkpoints/0000001.safetensors FOLDER/adapters
    adapter extract FOLDER/lora/checkpoints/0000001.safetensors FOLDER/adapters
    adapter extract FOLDER/lora/checkpoints/0000001.safetensors FOLDER/adapters
    adapter extract FOLDER/head/checkpoints/0000001.safetensors FOLDER/head-adapters
    adapter merge FOLDER/base.safetensors FOLDER/none FOLDER/merged.safetensors
    adapter merge FOLDER/base.safetensors FOLDER/lora-none FOLDER/merged.safetensors
    adapter merge FOLDER/base.safetensors FOLDER/lora-dora FOLDER/merged.safetensors
    adapter merge FOLDER/base.safetensors FOLDER/lora-bare FOLDER/merged.safetensors
    adapter merge FOLDER/base.safetensors FOLDER/lora-foreign FOLDER/merged.safetensors
    adapter merge FOLDER/base.safetensors FOLDER/head-adapters FOLDER/merged.safetensors --scale 0.5
    adapter merge FOLDER/base.safetensors FOLDER/adapters FOLDER/merged.safetensors
    train --config CONFIG --init-from FOLDER/lora/checkpoints/0000001.safetensors --results-dir FOLDER/z --load optimizer
    convert FOLDER/lora/checkpoints/0000001.safetensors FOLDER/lora.pt --weights all
    train --config CONFIG --results-dir FOLDER/wide --set training.posthoc_ema=[0.05,0.1] --set training.posthoc_ema_every=2 --set training.sample_every=null
    convert FOLDER/wide FOLDER/wide.safetensors --posthoc-ema 0.2
    convert FOLDER/wide FOLDER/wide7.safetensors --posthoc-ema 0.05 --at-step 7
    convert FOLDER/wide FOLDER/wide9.safetensors --posthoc-ema 0.1 --at-step 9
    convert FOLDER/r FOLDER/wide0.safetensors --posthoc-ema 0.1
    sample --ckpt CHECKPOINT --out FOLDER/p --weights posthoc:0.1
    sample --ckpt FOLDER/wide/checkpoints/0000008.safetensors --out FOLDER/p --weights posthoc:0.2
    sample --ckpt FOLDER/wide/posthoc-ema/0000006.safetensors --out FOLDER/p
    inspect FOLDER/wide/posthoc-ema/0000006.safetensors
    data check FOLDER/none
    data check FOLDER/broken
    data check VAE
    data check FOLDER/copies
    data check FOLDER/m.safetensors
    inspect FOLDER/m.safetensors
    inspect FOLDER/p/latents.safetensors
    inspect FOLDER/o/samples.npz
    inspect FOLDER/array.npy
    inspect FOLDER/statistics.npz
    inspect VAE
    inspect BARE
    inspect ALIGNED
    inspect CHECKPOINT
    inspect FOLDER/heads.safetensors
    inspect FOLDER/run.pt
    data subset --source FOLDER/data --out FOLDER/three --per-class 1
    data subset --source FOLDER/data --out FOLDER/w --per-class 100
    data subset --source FOLDER/data --out FOLDER/w --per-class 1 --size 9
    data subset --source FOLDER/data --out FOLDER/w --per-class 1 --margin 5000
    data subset --source FOLDER/data --out FOLDER/w --per-class 1 --test-per-class 1
    """
}

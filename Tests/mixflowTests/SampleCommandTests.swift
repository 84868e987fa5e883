import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowTestSupport
import Testing

@Suite struct SampleCommandTests {
  @Test func keepsRunsApart() throws {
    let tiny = try TinyRun()
    let out = tiny.scratch.file("out")
    let sample = ["sample", "--ckpt", try tiny.checkpoint(), "--out", out, "-q"]
    func run(_ options: String...) throws -> Command { try Command(arguments: sample + options) }
    func images() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: out).sorted()
        .filter { $0.wholeMatch(of: /[0-9]+\.png/) != nil }.map { String($0.dropLast(4)) }
    }
    let first = try run("--num", "3")
    #expect(first.code == 0, "\(first.errors)")
    let before = try readBytes("\(out)/000001.png")

    let again = try run("--num", "2", "--seed", "1")
    #expect(again.code == 1)
    #expect(
      again.errors == "mixflow: error: \(out): already holds 3 samples; choose another folder, or "
        + "give --overwrite to replace them, or --first to add samples of other indices\n")
    let overlapping = try run("--first", "2", "--num", "2", "--seed", "1")
    #expect(overlapping.code == 1)
    #expect(overlapping.errors.contains("\(out): already holds sample 2"))
    #expect(try images() == ["000000", "000001", "000002"])
    #expect(try readBytes("\(out)/000001.png") == before)

    #expect(try run("--first", "3", "--num", "1").code == 0)
    #expect(try images() == ["000000", "000001", "000002", "000003"])
    let archive = try NPZFile(contentsOf: "\(out)/samples.npz").array("arr_0")
    #expect(archive.shape == [4, 4, 4, 3], "the archive is of all images")

    #expect(try run("--first", "1", "--num", "1", "--seed", "1", "--overwrite").code == 0)
    #expect(try readBytes("\(out)/000001.png") != before)
    #expect(try images().count == 4)

    #expect(try run("--num", "2", "--overwrite").code == 0)
    #expect(try images() == ["000000", "000001"])
    #expect(try readBytes("\(out)/000001.png") == before)
  }

  @Test func goesOnWhereItWasInterrupted() throws {
    let tiny = try TinyRun()
    let out = tiny.scratch.file("out")
    let sample = [
      "sample", "--ckpt", try tiny.checkpoint(), "--out", out, "--num", "4", "--label-sampling",
      "equal",
    ]
    #expect(try Command(arguments: sample).code == 0)
    let before = try (0..<4).map { try readBytes("\(out)/00000\($0).png") }
    try FileManager.default.removeItem(atPath: "\(out)/000001.png")
    let archive = tiny.scratch.file("out.npz")
    let resumed = try Command(arguments: sample + ["--resume", "--npz", archive])
    #expect(try NPZFile(contentsOf: archive).array("arr_0").shape == [4, 4, 4, 3])
    #expect(resumed.code == 0)
    #expect(resumed.errors.contains("1 image, 4 with older ones"), "\(resumed.errors)")
    #expect(try (0..<4).map { try readBytes("\(out)/00000\($0).png") } == before)
    let unequal = try Command(arguments: sample + ["--resume", "--num", "5"])
    #expect(unequal.code == 64 && unequal.errors.contains("'--label-sampling equal', '--num 5'"))
    #expect(unequal.errors.contains("5 samples cannot be shared equally by 2 classes"))
  }

  @Test func guidesByAnotherModel() throws {
    let tiny = try TinyRun()
    let checkpoint = try tiny.checkpoint()
    // The raw weights of the same run are a worse model than its averages, or at least another.
    let guide = tiny.scratch.file("guide.safetensors")
    #expect(try Command("convert", checkpoint, guide, "--weights", "raw").code == 0)
    func sample(_ name: String, _ options: String...) throws -> Command {
      try Command(
        arguments: ["sample", "--ckpt", checkpoint, "--num", "2", "-q", "--out"]
          + [tiny.scratch.file(name)] + options)
    }
    #expect(try sample("plain").code == 0)
    let guided = try sample("guided", "--guide", guide, "--cfg-scale", "50")
    #expect(guided.code == 0, "\(guided.errors)")
    #expect(
      try readBytes(tiny.scratch.file("plain/000000.png"))
        != readBytes(tiny.scratch.file("guided/000000.png")))
    // A bare file does not tell the heads of a width that is not published.
    let bare = try tiny.scratch.write(try bareCopy(of: guide), to: "bare.safetensors")
    let open = try sample("none", "--guide", bare, "--cfg-scale", "50")
    #expect(open.code == 1)
    #expect(open.errors.contains("guidance.guide: \(bare): a width of 16"), "\(open.errors)")
    #expect(open.errors.contains("(--guide-heads)"), "\(open.errors)")
    let told = try sample("told", "--guide", bare, "--cfg-scale", "50", "--guide-heads", "2")
    #expect(told.code == 0, "\(told.errors)")
    #expect(
      try readBytes(tiny.scratch.file("told/000000.png"))
        == readBytes(tiny.scratch.file("guided/000000.png")))
    let missing = try sample("none", "--guidance-method", "autoguidance", "--cfg-scale", "2")
    #expect(missing.code == 1)
    #expect(missing.errors.contains("guidance.guide: is null"), "\(missing.errors)")
    let run = tiny.scratch.file("three-classes")
    let train = try Command(
      "train", "--config", tiny.config, "--results-dir", run, "--max-steps", "1", "-q", "--set",
      "training.sample_every=null", "--set", "model.num_classes=3")
    #expect(train.code == 0, "\(train.errors)")
    let stranger = "\(run)/checkpoints/0000001.safetensors"
    let other = try sample("none", "--guide", stranger, "--cfg-scale", "2")
    #expect(other.code == 1)
    #expect(
      other.errors.contains("guidance.guide: \(stranger) has 3 classes, the model 2"),
      "\(other.errors)")
  }

  @Test func refusesAFolderWithAGrid() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "grid.png")
    let command = try Command("sample", "--ckpt", "none", "--out", folder.path)
    #expect(command.errors.contains("\(folder.path): already holds grid.png"), "\(command.errors)")
  }

  @Test(arguments: [
    (["--num", "0"], "'--num' must be positive, got 0."),
    (["--num", "10000000000"], "up to 0 + 10000000000; indices end at 1000000000."),
    (["--first", "\(Int.max)"], "indices end at 1000000000."),
    (["--first=-1"], "'--first' must not be negative"),
    (["--batch-size", "0"], "'--batch-size' must be from 1 to 4096, got 0."),
    (["--batch-size", "\(Int.max)"], "'--batch-size' must be from 1 to 4096"),
    (["--guide-heads", "0"], "'--guide-heads' must be positive."),
    (["--latents", "--resume"], "and cannot '--resume' one."),
    (
      ["--latents", "--npz", "a.npz"],
      "'--latents' takes no '--autoencoder', '--columns' or '--npz'."
    ),
    (["--solver", "hean"], "'--solver hean' is no solver; known: euler, midpoint, heun, heun3,"),
    (["--columns", "0"], "'--columns' must be from 1 to 65536, got 0."),
    (["--columns", "\(Int.max)"], "'--columns' must be from 1 to 65536"),
    (["--cfg-scale", "nan"], "'--cfg-scale' must be a finite number."),
    (["--heads", "0"], "'--heads' must be positive."),
    (["--classes", "2-"], "'--classes' takes numbers such as 3 or 0,2,5-7, got '2-'."),
    (["--classes", ""], "'--classes' takes numbers"),
    (["--set", "model.depth=77"], "'--set model.depth=77' has no effect on sampling"),
    (["--set", "data.path=x"], "'--set data.path=x' has no effect on sampling"),
    (["--out", ""], "'--out' is empty"),
  ])
  func refusesMistakes(options: [String], message: String) throws {
    let command = try Command(arguments: ["sample", "--ckpt", "a", "--out", "b"] + options)
    #expect(command.code == 64)
    #expect(command.errors.contains(message), "\(command.errors)")
    #expect(
      command.errors.contains("Usage: mixflow sample [<options>] --out <out>"),
      "\(command.errors)")
  }

  @Test func refusesWhatTheFileContradicts() throws {
    let tiny = try TinyRun()
    let checkpoint = try tiny.checkpoint()
    let cases = [
      (["--classes", "0-9223372036854775807"], 64, "the model has classes 0 to 1."),
      (["--heads", "4"], 64, "'--heads 4' contradicts \(checkpoint), which has 2 heads"),
      (["--set", "nonsense"], 64, "'--set nonsense' has no value; give key=value, such as guid"),
      (["--set", "sampler.nmu_steps=3"], 64, "did you mean 'num_steps'?"),
      (
        ["--steps", "1"], 64,
        "--steps 1: sampler.num_steps: is 1; it must be at least 2 grid points"
      ),
      (["--steps", "\(Int.max)"], 64, "is \(Int.max); it must be at most 1000000 grid points"),
      (["--solver", "ddpm"], 64, "--solver ddpm: sampler.mode: 'DDPM' is not ODE or SDE; it sam"),
      (["--set", "sampler.denoise_step=5"], 64, "--set: sampler.denoise_step: must be in (0, 1)"),
      (["--set", "transport.sample_eps=0.9"], 64, "--set: transport.sample_eps: is 0.9; it must"),
      (["--weights", "raw", "--set", "sampler.rtol=0"], 64, "--set: sampler.rtol: 0.0 is not"),
    ]
    for (options, code, message) in cases {
      let command = try Command(
        arguments: ["sample", "--ckpt", checkpoint, "--out", tiny.scratch.file("out")] + options)
      #expect(Int(command.code) == code)
      #expect(command.errors.contains(message), "\(command.errors)")
      #expect(
        command.errors.contains("Usage: mixflow sample [<options>] --out <out>") == (code == 64))
    }
    for command in ["inspect \(checkpoint)", "convert \(checkpoint) \(checkpoint)2.safetensors"] {
      let refused = try Command(
        arguments: command.split(separator: " ").map(String.init) + ["--heads", "4"])
      #expect(refused.code == 64)
      #expect(refused.errors.contains("'--heads 4' contradicts"), "\(refused.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(checkpoint)2.safetensors"))
  }

  @Test func aGridTooLargeIsAnError() throws {
    let tiny = try TinyRun()
    let out = tiny.scratch.file("out")
    let checkpoint = try tiny.checkpoint()
    let sample = try Command(
      "sample", "--ckpt", checkpoint, "--out", out, "--num", "2", "--columns", "65536")
    #expect(sample.code == 1)
    #expect(sample.errors.contains("a grid of 65536 columns"), "\(sample.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: out).isEmpty, "found before sampling")
    #expect(try Command("sample", "--ckpt", checkpoint, "--out", out, "--num", "2").code == 0)
    let other = try tiny.scratch.write(
      try Image(width: 8, height: 8, channels: 1, pixels: Array(0..<64)).pngBytes(),
      to: "other/000007.png")
    let mixed = try Command(
      "sample", "--ckpt", checkpoint, "--out", tiny.scratch.file("other"), "--first", "8")
    #expect(mixed.errors.contains("\(other): 8x8 pixels, but the model has 4x4"))
    let grid = ["grid", out, "--out", tiny.scratch.file("grid.png")]
    for options in [
      ["--columns", "65536", "--scale", "99"], ["--rows", "65536"], ["--scale", "65536"],
    ] {
      let large = try Command(arguments: grid + options)
      #expect(large.code == 1)
      #expect(large.errors.contains("ask for fewer columns or rows, or a smaller scale"))
    }
    let huge = try Command(arguments: grid + ["--columns", "\(Int.max)"])
    #expect(huge.code == 64)
    let fine = try Command(arguments: grid + ["--columns", "2", "--scale", "1", "--threads", "1"])
    #expect(fine.code == 0)
    #expect(fine.errors.hasSuffix("grid.png: 14x8 pixels\n"), "\(fine.errors)")
  }

  @Test(arguments: [
    ("vae/weights", "is no model, but holds weights of AutoencoderKL (SD-VAE); name a network's"),
    (
      "stage1/stats", "is no model, but holds latent statistics of RAE; name a network's checkpoint"
    ),
  ])
  func saysWhatIsNoModel(name: String, message: String) throws {
    let file = Fixtures.path("\(name).safetensors")
    let folder = try TemporaryFolder()
    for arguments in [
      ["sample", "--ckpt", file, "--out", folder.file("out")],
      ["convert", file, folder.file("x.safetensors")],
    ] {
      let command = try Command(arguments: arguments)
      #expect(command.code == 1 && command.errors.contains(message), "\(command.errors)")
    }
  }

  @Test func gridsSayWhatIsMissing() throws {
    let folder = try TemporaryFolder()
    let tile = try Image(width: 4, height: 4, channels: 1, pixels: Array(0..<16)).pngBytes()
    for index in 0..<3 { try folder.write(tile, to: "three/00000\(index).png") }
    func grid(_ name: String) throws -> Command {
      try Command("grid", folder.file(name), "--out", folder.file("grid.png"))
    }
    #expect(try grid("none").errors.contains("none: has no images such as 000000.png"))
    let few = try grid("three")
    #expect(
      few.code == 1
        && few.errors.contains(
          "three: holds 3 images; the grid needs the first 10, so ask for fewer '--columns'"),
      "\(few.errors)")
  }

  @Test func listsItsSolvers() throws {
    let help = try Command("sample", "--help").output
    for name in ["euler", "heun", "midpoint", "heun3", "rk4", "dopri5", "sde", "sde-heun"] {
      #expect(help.contains(name), "\(name)")
    }
    for command in [["--help"], ["train", "--help"]] {
      #expect(try Command(arguments: command).output.contains("130"))
    }
  }

  /// The bytes of a safetensors file without its metadata.
  private func bareCopy(of path: String) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let file = try SafeTensorsFile(contentsOf: path)
    let tensors = try file.names.map {
      (name: $0, value: StoredTensor.float32(try file.tensor($0)))
    }
    try SafeTensorsWriter.write(tensors, metadata: [:], to: folder.file("bare"))
    return try readBytes(folder.file("bare"))
  }
}

import MixFlowCheckpoint
import MixFlowImage
import MixFlowTestSupport
import Testing

/// Pictures to latents, training on them, and samples back to pictures.
@Suite struct LatentsCommandTests {
  private static let vae = Fixtures.path("vae/weights.safetensors")

  @Test func spreadsLatentsOverFiles() throws {
    let scratch = try Self.pictures()
    let latents = scratch.file("latents")
    let command = [
      "latents", scratch.file("pictures"), "--size", "32", "--autoencoder", Self.vae,
      "-o", latents, "-q", "--shard-size", "0.00001",
    ]
    try Self.expectSuccess(command)
    let checked = try Command("data", "check", latents)
    #expect(checked.output.hasPrefix("latents: 4 pictures, 4x8x8"), "\(checked.errors)")
    let again = try Command(arguments: command)
    #expect(again.code == 1 && again.errors.contains("not an empty folder"))
    let config = try scratch.write(
      """
      model: {input_size: 8, in_channels: 4, hidden_size: 16, depth: 1, num_heads: 2, num_classes: 2}
      data: {path: \(latents)}
      training: {max_steps: 2, batch_size: 4, sample_every: null}
      """.utf8, to: "run.yaml")
    try Self.expectSuccess(["train", "--config", config, "--results-dir", scratch.file("r"), "-q"])
  }

  @Test func goesFromPicturesToPictures() throws {
    let scratch = try Self.pictures()
    let latents = scratch.file("latents.safetensors")
    try Self.expectSuccess([
      "latents", scratch.file("pictures"), "--size", "32", "--flip", "--autoencoder", Self.vae,
      "-o", latents, "-q",
    ])
    #expect(try SafeTensorsFile(contentsOf: latents).info(for: "moments").shape == [4, 2, 8, 8, 8])
    let inspected = try Command("inspect", latents)
    #expect(inspected.code == 0, "\(inspected.errors)")
    #expect(inspected.output.contains("kind        cached latents of pictures"))
    #expect(inspected.output.contains("4 pictures and their mirror images, 4x8x8 (means and"))
    #expect(inspected.output.contains("scale 0.18215, shift 0.0, of weights.safetensors"))
    let checked = try Command("data", "check", latents)
    #expect(checked.code == 0, "\(checked.errors)")
    #expect(checked.output.hasPrefix("latents: 4 pictures and their mirror images, 4x8x8"))
    let wrong = try Command("data", "check", Self.vae)
    #expect(wrong.code == 1 && wrong.errors.contains("holds no cached latents"))
    let config = try scratch.write(
      """
      model: {input_size: 8, in_channels: 4, hidden_size: 16, depth: 1, num_heads: 2, num_classes: 2}
      data: {path: \(latents), flip: true}
      autoencoder: {files: [\(Self.vae)]}
      training: {max_steps: 2, batch_size: 4, sample_every: 2, sample_count: 4}
      sampler: {num_steps: 3}
      """.utf8, to: "run.yaml")
    let run = scratch.file("run")
    try Self.expectSuccess(["train", "--config", config, "--results-dir", run, "-q"])
    let grid = try Image(pngAt: "\(run)/samples/0000002.png")
    #expect(grid.width == 2 * 32 + 3 * 2, "two pictures of 32 pixels in a row")
    let checkpoint = "\(run)/checkpoints/0000002.safetensors"
    let sample = ["sample", "--ckpt", checkpoint, "--num", "3", "--out"]
    let out = scratch.file("out")
    try Self.expectSuccess(sample + [out, "-q"])
    let picture = try Image(pngAt: "\(out)/000002.png")
    #expect([picture.width, picture.height, picture.channels] == [32, 32, 3])
    #expect(try NPZFile(contentsOf: "\(out)/samples.npz").array("arr_0").shape == [3, 32, 32, 3])

    let raw = scratch.file("raw")
    try Self.expectSuccess(sample + [raw, "--latents", "--batch-size", "2", "-q"])
    let file = try SafeTensorsFile(contentsOf: "\(raw)/latents.safetensors")
    #expect(try file.info(for: "latents").shape == [3, 4, 8, 8])
    #expect(try file.integers("labels") == [0, 1, 0])
    #expect(try Command("inspect", file.path).output.contains("kind        sampled latents"))
    let again = try Command(arguments: sample + [raw, "--latents"])
    #expect(again.code == 1 && again.errors.contains("--overwrite"), "\(again.errors)")

    let scaled = try Command(
      arguments: sample + [scratch.file("b"), "--set", "autoencoder.scaling_factor=1"])
    #expect(scaled.code == 1)
    #expect(scaled.errors.contains("autoencoder.scaling_factor: is 1.0"), "\(scaled.errors)")
    let blind = try Command(
      arguments: sample + [scratch.file("c"), "--set", "autoencoder.files=[]"])
    #expect(blind.errors.contains("--autoencoder") && blind.errors.contains("--latents"))
  }

  @Test func trainsWithoutPictures() throws {
    let scratch = try Self.pictures()
    let latents = scratch.file("latents.safetensors")
    try Self.expectSuccess([
      "latents", scratch.file("pictures"), "--size", "32", "--autoencoder", Self.vae, "-o",
      latents,
    ])
    let settings = [
      "model.input_size=8", "model.hidden_size=16", "model.depth=1", "model.num_heads=2",
      "training.max_steps=1", "training.batch_size=2", "data.path=\(latents)",
    ].flatMap { ["--set", $0] }
    let config = try scratch.write("model: {num_classes: 2}\n".utf8, to: "run.yaml")
    let train = ["train", "--config", config, "--results-dir"]
    let grids = try Command(
      arguments: train + [scratch.file("a")] + settings + ["--set", "training.sample_every=1"])
    #expect(grids.code == 1 && grids.errors.contains("training.sample_every: null"))
    try Self.expectSuccess(train + [scratch.file("b")] + settings)
  }

  @Test func writesStatistics() throws {
    let scratch = try Self.pictures()
    let path = scratch.file("stat.pt")
    let settings = try scratch.write("encoder_input_size: 56\n".utf8, to: "rae.yaml")
    let parts = ["dino_weights", "decoder_weights"].map {
      Fixtures.path("stage1/\($0).safetensors")
    }
    let files = parts.flatMap { ["--autoencoder", $0] }
    try Self.expectSuccess(
      ["latents", scratch.file("pictures"), "--config", settings, "--size", "56"] + files
        + ["--statistics", path, "--batch-size", "2"])
    let statistics = try TorchFile(contentsOf: path)
    #expect(statistics.names == ["mean", "var"])
    #expect(try statistics.info(for: "var").shape == [32, 4, 4])
    // The file serves as the third part of the autoencoder.
    try Self.expectSuccess(
      ["latents", scratch.file("pictures"), "--config", settings, "--size", "56"] + files
        + ["--autoencoder", path, "-o", scratch.file("latents.safetensors")])
    let checked = try Command("data", "check", scratch.file("latents.safetensors"))
    #expect(
      checked.output.hasPrefix("latents: 4 pictures, 32x4x4 (latents as they are), 2 classes, "),
      "\(checked.output)\(checked.errors)")
  }

  @Test(arguments: [
    (["--size", "0", "-o", "a.safetensors"], "'--size' must be from 1 to 65536, got 0."),
    (["-o", "a.npz"], "'a.npz' must end in .safetensors."),
    (["-o", "a.safetensors", "--statistics", "b.pt"], "Give '--output FILE' for latents"),
    (["--statistics", "b.txt"], "'b.txt' must end in .safetensors, .pt, .pth."),
  ])
  func refusesMistakes(options: [String], message: String) throws {
    let command = try Command(arguments: ["latents", "x", "--autoencoder", "y"] + options)
    #expect(command.code == 64 && command.errors.contains(message), "\(command.errors)")
  }

  private static func expectSuccess(_ arguments: [String]) throws {
    let command = try Command(arguments: arguments)
    try #require(command.code == 0, "\(command.errors)")
  }

  /// Two classes of two pictures, some of another size than 32x32.
  private static func pictures() throws -> TemporaryFolder {
    let scratch = try TemporaryFolder()
    for (index, size) in [(0, (32, 32)), (1, (50, 70)), (2, (20, 31)), (3, (64, 64))] {
      let picture = Image(
        width: size.0, height: size.1, channels: 3,
        pixels: (0..<size.0 * size.1 * 3).map { UInt8(truncatingIfNeeded: $0 * (3 + index)) })
      try scratch.write(try picture.pngBytes(), to: "pictures/\(index / 2)/\(index).png")
    }
    return scratch
  }
}

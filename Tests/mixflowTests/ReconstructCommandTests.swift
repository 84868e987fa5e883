import MixFlowImage
import MixFlowTestSupport
import Testing

/// `mixflow reconstruct`, on the small autoencoders of the fixtures.
@Suite struct ReconstructCommandTests {
  @Test func comparesPictures() throws {
    let folder = try TemporaryFolder()
    let picture = try folder.write(try Self.picture(side: 32).pngBytes(), to: "a.png")
    let out = folder.file("out")
    let run = try Command(
      "reconstruct", picture, "--autoencoder", Fixtures.path("vae/weights.safetensors"), "--out",
      out, "-q")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output.contains("PSNR") && run.output.contains("SSIM"))
    let sheet = try Image(pngAt: "\(out)/a.png")
    #expect([sheet.width, sheet.height] == [64, 32])
    #expect(
      sheet[row: 3, column: 5, channel: 1] == Self.picture(side: 32)[row: 3, column: 5, channel: 1])
  }

  @Test(arguments: [
    "encoder_input_size: 56\n", "autoencoder: {encoder_input_size: 56}\n",
    "stage_1: {params: {encoder_input_size: 56}}\n",
  ])
  func joinsRAE(configuration: String) throws {
    let folder = try TemporaryFolder()
    let picture = try folder.write(try Self.picture(side: 32).pngBytes(), to: "a.png")
    let settings = try folder.write(configuration.utf8, to: "rae.yaml")
    let files = ["dino_weights", "decoder_weights", "stats"].flatMap {
      ["--autoencoder", Fixtures.path("stage1/\($0).safetensors")]
    }
    let run = try Command(
      arguments: ["reconstruct", picture, "--config", settings, "--size", "16", "--json", "--out"]
        + [folder.file("out")] + files)
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output.contains("\"psnr\""))
  }

  @Test func saysWhatIsRequired() throws {
    let folder = try TemporaryFolder()
    let picture = try folder.write(try Self.picture(side: 30).pngBytes(), to: "a.png")
    let vae = Fixtures.path("vae/weights.safetensors")
    let run = try Command(
      "reconstruct", picture, "--autoencoder", vae, "--out", folder.file("out"))
    #expect(run.code == 1)
    #expect(run.errors.contains("a.png") && run.errors.contains("multiples of 4"))
    let bad = try folder.write("encoder_size: 56\n".utf8, to: "bad.yaml")
    let typo = try Command(
      "reconstruct", picture, "--autoencoder", vae, "--config", bad, "--out", folder.file("out"))
    #expect(typo.code != 0 && typo.errors.contains("encoder_size"))
    let zero = try folder.write("scaling_factor: 0\n".utf8, to: "zero.yaml")
    for command in ["reconstruct", "latents"] {
      let pictures = command == "latents" ? folder.file("pictures") : picture
      if command == "latents" {
        try folder.write(try Image(pngAt: picture).pngBytes(), to: "pictures/0/a.png")
      }
      let refused = try Command(
        command, pictures, "--autoencoder", vae, "--config", zero,
        command == "latents" ? "--output" : "--out", folder.file("out.safetensors"))
      #expect(refused.code == 1)
      #expect(
        refused.errors.contains("autoencoder.scaling_factor: 0.0 is not above 0"),
        "\(refused.errors)")
    }
    let hub = "facebook/dinov2-with-registers-base/model.safetensors"
    let absent = try Command(
      "reconstruct", picture, "--autoencoder", hub, "--out", folder.file("out"))
    #expect(absent.code == 1)
    #expect(
      absent.errors.contains(
        "autoencoder.files: facebook/dinov2-with-registers-base is no folder here"),
      "\(absent.errors)")
    #expect(absent.errors.split(separator: "\n").count == 1)
  }

  private static func picture(side: Int) -> Image {
    Image(
      width: side, height: side, channels: 3,
      pixels: (0..<side * side * 3).map { UInt8(truncatingIfNeeded: $0 * 7) })
  }
}

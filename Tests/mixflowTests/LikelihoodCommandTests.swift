import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowTestSupport
import Testing

/// `mixflow likelihood`, of images and of latents.
@Suite struct LikelihoodCommandTests {
  private struct Score: Decodable {
    let of: String
    let count: Int
    let logDensity: Double
    let bitsPerDimension: Double
  }

  private func score(_ arguments: [String]) throws -> Score {
    let command = try Command(
      arguments: ["likelihood", "--num", "4", "--solver", "heun", "--steps", "4", "--json", "-q"]
        + arguments)
    try #require(command.code == 0, "\(command.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Score.self, from: Data(command.output.utf8))
  }

  @Test func measuresImages() throws {
    let tiny = try TinyRun()
    let checkpoint = try tiny.checkpoint()
    let options = ["--data", tiny.scratch.file("data"), "--split", "train"]
    let found = try score(["--ckpt", checkpoint] + options)
    #expect(found.of == "images" && found.count == 4)
    #expect(abs(found.bitsPerDimension - (log2(127.5) - found.logDensity / 16 / log(2))) < 1e-6)
    // The file's own settings are those of the run's configuration.
    let configured = try score(["--config", tiny.config, "--ckpt", checkpoint] + options)
    #expect(configured.logDensity == found.logDensity)
    let exact = ["--ckpt", checkpoint] + options + ["--solver", "dopri5"]
    #expect(
      try score(exact + ["--set", "sampler.rtol=1e-6"]).logDensity != score(exact).logDensity)
    let negative = try Command(
      arguments: ["likelihood"] + exact + ["--set", "sampler.rtol=-1"])
    #expect(negative.code == 64 && negative.errors.contains("--set: sampler.rtol: -1.0 is not"))
    let noise = try tiny.scratch.write(
      """
      model: {input_size: 4, in_channels: 1, hidden_size: 16, depth: 2, num_heads: 2,
        num_classes: 2, learn_sigma: false, ckpt: \(checkpoint)}
      transport: {prediction: noise}
      """.utf8, to: "noise.yaml")
    let refused = try Command(arguments: ["likelihood", "--config", noise] + options)
    #expect(refused.code == 1)
    #expect(refused.errors.contains("transport.prediction: is noise, but"), "\(refused.errors)")
  }

  @Test func measuresLatents() throws {
    let scratch = try TemporaryFolder()
    for index in 0..<4 {
      let picture = Image(
        width: 32, height: 32, channels: 3,
        pixels: (0..<3072).map { UInt8(truncatingIfNeeded: $0 * (3 + index)) })
      try scratch.write(try picture.pngBytes(), to: "pictures/\(index / 2)/\(index).png")
    }
    let latents = scratch.file("latents.safetensors")
    let config = try scratch.write(
      """
      model: {input_size: 8, in_channels: 4, hidden_size: 16, depth: 1, num_heads: 2, num_classes: 2}
      data: {path: \(latents)}
      training: {max_steps: 1, batch_size: 4}
      """.utf8, to: "run.yaml")
    for arguments in [
      [
        "latents", scratch.file("pictures"), "--size", "32", "--autoencoder",
        Fixtures.path("vae/weights.safetensors"), "-o", latents, "-q",
      ], ["train", "--config", config, "--results-dir", scratch.file("run"), "-q"],
    ] {
      let command = try Command(arguments: arguments)
      try #require(command.code == 0, "\(command.errors)")
    }
    let checkpoint = scratch.file("run/checkpoints/0000001.safetensors")
    let found = try score(["--ckpt", checkpoint, "--data", latents])
    #expect(found.of == "latents" && found.count == 4)
    #expect(abs(found.bitsPerDimension + found.logDensity / 256 / log(2)) < 1e-9)
    // The last layer starts at zero, so that the flow moves almost nothing and latents are noise.
    #expect(found.logDensity < 0 && found.logDensity.isFinite)
    let other = try score(["--ckpt", checkpoint, "--data", latents, "--seed", "1"])
    #expect(other.logDensity != found.logDensity, "other latents of the same pictures")
    let part = try Command(
      "likelihood", "--ckpt", checkpoint, "--data", latents, "--split", "test")
    #expect(part.code == 1 && part.errors.contains("latents have no parts"), "\(part.errors)")
  }

  @Test func refusesSolversThatAreNone() throws {
    let command = try Command("likelihood", "--ckpt", "a", "--data", "b", "--solver", "sde")
    #expect(command.code == 64)
    #expect(
      command.errors.contains(
        "'--solver sde' is no solver; known: euler, midpoint, heun, heun3, rk4, dopri5."),
      "\(command.errors)")
  }
}

import Foundation
import MixFlowTestSupport
import Testing

/// What commands may write over.
@Suite struct OutputFileTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  @Test func convertKeepsWhatItReads() throws {
    let tiny = try TinyRun()
    let checkpoint = try tiny.checkpoint()
    let before = try readBytes(checkpoint)
    let link = tiny.scratch.file("link.safetensors")
    try FileManager.default.linkItem(atPath: checkpoint, toPath: link)
    for output in [checkpoint, link] {
      for options in [[], ["--overwrite"]] {
        let refused = try Command(arguments: ["convert", checkpoint, output] + options)
        #expect(refused.code == 64)
        #expect(refused.errors.contains("'\(output)' is read and would be written over"))
      }
    }
    #expect(try readBytes(checkpoint) == before)
  }

  @Test func olderFilesAreReplacedOnDemand() throws {
    let tiny = try TinyRun()
    let checkpoint = try tiny.checkpoint()
    let output = tiny.scratch.file("out.safetensors")
    try writeBytes([1], to: output)
    let refused = try Command("convert", checkpoint, output)
    #expect(refused.code == 1 && refused.errors.contains("\(output): exists; name another file"))
    #expect(try readBytes(output) == [1])
    #expect(try Command("convert", checkpoint, output, "--overwrite", "-q").code == 0)
    #expect(try readBytes(output).count > 1)
  }

  @Test func latentsKeepTheAutoencoder() throws {
    let vae = scratch.file("vae.safetensors")
    try FileManager.default.copyItem(
      atPath: Fixtures.path("vae/weights.safetensors"), toPath: vae)
    let refused = try Command(
      "latents", scratch.file("pictures"), "--autoencoder", vae, "-o", vae)
    #expect(refused.code == 64 && refused.errors.contains("is read and would be written over"))
  }

  @Test func aPipeIsNoConfiguration() throws {
    let pipe = scratch.file("pipe.yaml")
    #expect(mkfifo(pipe, 0o600) == 0)
    let refused = try Command("train", "--config", pipe, "--results-dir", scratch.file("run"))
    #expect(refused.errors.contains("\(pipe): is not a regular file"), "\(refused.errors)")
  }
}

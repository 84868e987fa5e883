import ArgumentParser
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTraining

/// Decodes given latents to pictures that are not yet rounded to bytes.
struct Decode: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Decode latents with an autoencoder of any kind, for comparison with PyTorch.")

  @Argument(help: "The autoencoder's files (safetensors or PyTorch).")
  var autoencoder: [String]

  @Option(help: "A safetensors file of latents 'z'.")
  var inputs: String

  @Option(help: "The safetensors file to write, which holds the pictures 'out'.")
  var output: String

  @OptionGroup var options: ThreadsOption

  func run() throws {
    Parallelism.threads = options.threads
    let latents = try SafeTensorsFile(contentsOf: inputs).tensor("z")
    let clock = ContinuousClock()
    let start = clock.now
    let model = try AutoencoderCheckpoint(contentsOf: autoencoder).autoencoder
    let loaded = clock.now
    let out = model.decode(latents)
    answer("  load \(loaded - start), decode \(clock.now - loaded)")
    try SafeTensorsWriter.write([(name: "out", value: out)], to: output)
  }
}

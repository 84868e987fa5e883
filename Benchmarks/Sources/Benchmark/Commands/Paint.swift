import ArgumentParser
import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowModels
import MixFlowTensor
import MixFlowTraining
import MixFlowTransport

/// Samples a latent of RAE and decodes it.
struct Paint: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sample one latent, decode it with RAE's decoder, and write a PNG file.")

  @Argument(help: "The checkpoint (safetensors or PyTorch).")
  var file: String

  @Argument(help: "The state dict of the decoder (safetensors or PyTorch).")
  var decoder: String

  @Argument(help: "The PNG file to write.")
  var output: String

  @Option(help: "Grid points of Euler's method; it makes one step less.")
  var points = 6

  @Option(help: "The guidance scale.")
  var scale = 1.5

  @OptionGroup var options: ThreadsOption

  func run() throws {
    Parallelism.threads = options.threads
    let clock = ContinuousClock()
    let start = clock.now
    let latents = try sample()
    let sampled = clock.now
    try decode(latents).pngBytes().write(to: output)
    answer("  sample \(sampled - start), decode and write \(clock.now - sampled)")
  }

  /// Returns one latent; the network is forgotten before the decoder is read.
  private func sample() throws -> Tensor {
    let sampler = try FlowSampler(
      intervals: TimeIntervals(path: .linear, prediction: .velocity),
      method: .ode(.euler, points: points, tolerance: ErrorTolerance()),
      shift: TimeShift(dimension: 196_608))
    return try SampleGenerator(
      model: ModelCheckpoint(contentsOf: file).model, sampler: sampler,
      guidance: ClassifierFreeGuidance(scale: scale), seed: 0
    ).samples(from: 0, labels: [207])
  }

  private func decode(_ latents: Tensor) throws -> Image {
    let state = try StateDict(contentsOf: decoder)
    let sizes = try ViTDecoderConfiguration(
      inferredFrom: { state.shape(of: $0) }, file: decoder)
    let decoder = try ViTDecoder(sizes, from: CheckpointParameters(state))
    let tokens = patchify(Variable(constant: latents), patch: 1).value
    return decoder.images(of: decoder(tokens)).images(.rae)[0]
  }
}

extension [UInt8] {
  /// Writes the bytes to a file.
  fileprivate func write(to path: String) throws { try Data(self).write(to: URL(filePath: path)) }
}

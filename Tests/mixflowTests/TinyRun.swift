import MixFlowImage
import MixFlowTestSupport

/// A configuration of a tiny model with its data, in a folder of its own.
struct TinyRun {
  let scratch: TemporaryFolder
  /// The path of the configuration.
  let config: String

  init() throws {
    scratch = try TemporaryFolder()
    // Two classes of five 4x4 images each.
    for label in 0..<2 {
      for index in 0..<5 {
        let pixels = (0..<16).map { UInt8(truncatingIfNeeded: $0 * 7 + index * 31 + label * 90) }
        let image = Image(width: 4, height: 4, channels: 1, pixels: pixels)
        try scratch.write(try image.pngBytes(), to: "data/\(label)/\(index).png")
      }
    }
    config = try scratch.write(
      """
      model: {input_size: 4, in_channels: 1, hidden_size: 16, depth: 2, num_heads: 2,
        num_classes: 2, learn_sigma: false}
      data: {path: \(scratch.file("data"))}
      transport: {time_dist_type: beta_2_1}
      mixflow: {gamma: 0.8}
      training: {max_steps: 8, batch_size: 8, learning_rate: 1e-2, log_every: 2,
        checkpoint_every: 4, sample_every: 8, sample_count: 4}
      sampler: {num_steps: 3}
      """.utf8, to: "run.yaml")
  }

  /// Trains for two steps and returns the path of the checkpoint.
  func checkpoint() throws -> String {
    let run = scratch.file("checkpoint-run")
    let train = try Command(
      "train", "--config", config, "--results-dir", run, "--max-steps", "2", "-q", "--set",
      "training.sample_every=null")
    guard train.code == 0 else { throw Failure(text: train.errors) }
    return "\(run)/checkpoints/0000002.safetensors"
  }

  struct Failure: Error {
    let text: String
  }
}

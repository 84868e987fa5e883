import MixFlowCheckpoint
import MixFlowImage

extension TrainingRun {
  /// Writes a grid of EMA samples; the noise and the classes are the same at each step.
  func writeSamples() throws -> String? {
    guard isLeader else {
      try trainer.assistWithAverages()
      return nil
    }
    let generator = SampleGenerator(
      model: model, sampler: try configuration.networkSampler(),
      guidance: try configuration.guidance.resolved(), guide: guide,
      guidedChannels: configuration.guidance.channels, seed: UInt64(configuration.training.seed))
    let count = configuration.training.sampleCount
    let labels = (0..<count).map { $0 % model.classCount }
    let decoder = try configuration.sampleDecoder(
      for: model.sampleShape, origin: latentOrigin, file: folder
    ).decoder
    let images = try trainer.withAverages {
      try stride(from: 0, to: count, by: 64).flatMap { first in
        let batch = Array(labels[first..<min(count, first + 64)])
        return Array(decoder.images(of: try generator.samples(from: first, labels: batch)))
      }
    }
    let columns = max(1, Int(Double(count).squareRoot().rounded(.up)))
    let grid = try ImageGrid(columns: columns, scale: max(1, 48 / decoder.height))
      .image(of: images)
    try createFolder(folder + "/samples")
    let path = "\(folder)/samples/\(zeroPadded(trainer.step, to: 7)).png"
    try AtomicFile.write(try grid.pngBytes(), to: path)
    return path
  }
}

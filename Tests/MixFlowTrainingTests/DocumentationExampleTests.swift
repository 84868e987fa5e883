import Foundation
import MixFlowImage
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// The example of the module's page.
@Suite struct DocumentationExampleTests {
  @Test func runs() throws {
    let scratch = try TemporaryFolder()
    let (data, folder) = (scratch.file("data"), scratch.file("run"))
    for label in 0..<2 {
      let pixels = (0..<16).map { UInt8($0 * 7 + label * 90) }
      let image = Image(width: 4, height: 4, channels: 1, pixels: pixels)
      try scratch.write(try image.pngBytes(), to: "data/\(label)/0.png")
    }

    var configuration = RunConfiguration()
    configuration.model.inputSize = 4
    configuration.model.inChannels = 1
    configuration.model.hiddenSize = 16
    configuration.model.depth = 2
    configuration.model.numHeads = 2
    configuration.model.numClasses = 2
    configuration.data.path = data
    configuration.transport.timeDistType = "beta_2_1"
    configuration.mixflow.gamma = 0.8
    configuration.training.maxSteps = 2
    configuration.training.batchSize = 4
    let outcome = try TrainingRun(configuration, in: folder, from: .fresh).run()

    let trained = try ModelCheckpoint(contentsOf: "\(folder)/checkpoints/0000002.safetensors")
    let generator = SampleGenerator(
      model: trained.model, sampler: try trained.configuration.networkSampler(),
      guidance: ClassifierFreeGuidance(scale: 1), seed: 0)
    let images = try generator.samples(from: 0, labels: [0, 1]).images(.sit)
    guard case .finished = outcome else { return #expect(Bool(false), "\(outcome)") }
    #expect(images.map(\.width) == [4, 4])
    #expect(trained.configuration.mixflow.gamma == 0.8)
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowTraining/Documentation.docc/MixFlowTraining.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

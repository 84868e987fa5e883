import Foundation
import MixFlowImage
import MixFlowModels
import MixFlowTensor
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

  @Test func aNetworkOfOnesOwnLearns() throws {
    let images = Tensor([0.5, 0.5, -0.5, -0.5, -0.5, 0.5, 0.5, -0.5], shape: [2, 1, 2, 2])
    let labels = [0, 1]
    let steps = 200
    var losses: [Float] = []

    let scope = ParameterScope(source: RandomParameters(seed: 0))
    let network = try SmallFlow(channels: 1, classes: 2, width: 16, in: scope)
    let optimizer = AdamW(scope.parameters, options: AdamW.Options())
    let timesteps = try MixFlowTimestepSampler(gamma: 0.8)
    var generator = Philox(seed: 1)
    for _ in 0..<steps {
      let noise = Tensor(normal: images.shape, using: &generator)
      let times = labels.map { _ in timesteps.sample(using: &generator) }
      let example = Objective().example(x0: noise, x1: images, t: times.map(\.t), m: times.map(\.m))
      let tape = Tape()
      let prediction = network(example.input, t: example.t.map { Float($0) }, labels, on: tape)
      let loss = sum(meanSquaredError(prediction, target: example.target))
      tape.backward(from: loss)
      optimizer.update(learningRate: 1e-2)
      losses.append(loss.value.item)
    }
    let first: Float = losses.prefix(5).reduce(0, +) / 5
    let last: Float = losses.suffix(50).reduce(0, +) / 50
    #expect(last < 0.8 * first)
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowTraining/Documentation.docc/MixFlowTraining.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

/// A network of one block: patches of one pixel, a time and a class.
struct SmallFlow {
  private let channels: Int
  private let embedding: PatchEmbedding
  private let time: TimestepEmbedder
  private let label: LabelEmbedder
  private let block: TransformerBlock
  private let last: FinalLayer

  init(channels: Int, classes: Int, width: Int, in scope: ParameterScope) throws {
    self.channels = channels
    embedding = try PatchEmbedding(
      channels: channels, patch: 1, width: width, in: scope.child("x_embedder"))
    time = try TimestepEmbedder(width: width, in: scope.child("t_embedder"))
    label = try LabelEmbedder(rows: classes, width: width, in: scope.child("y_embedder"))
    block = try TransformerBlock(
      TransformerBlock.Options(width: width, heads: 2), in: scope.child("block"))
    last = try FinalLayer(width: width, outputs: channels, in: scope.child("final_layer"))
  }

  /// Maps states `[B, C, H, W]` to velocities of the same shape.
  func callAsFunction(_ x: Tensor, t: [Float], _ labels: [Int], on tape: Tape?) -> Variable {
    let conditioning = silu(time(t, on: tape) + label(labels, on: tape))
    let tokens = block(embedding(Variable(constant: x), on: tape), conditioning, on: tape)
    return unpatchify(
      last(tokens, conditioning, on: tape), patch: 1, channels: channels, height: x.shape[2],
      width: x.shape[3])
  }
}

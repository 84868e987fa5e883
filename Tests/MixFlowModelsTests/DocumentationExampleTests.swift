import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// The example of the module's page.
@Suite struct DocumentationExampleTests {
  @Test func runs() throws {
    let sizes = SiTConfiguration(
      inputSize: 8, patchSize: 2, width: 32, depth: 2, heads: 2, classCount: 10)
    let model = try SiT(sizes, from: RandomParameters(seed: 0))

    let x = Variable(constant: Tensor(zeros: [2] + model.sampleShape))
    let prediction = model(x, t: [0.2, 0.7], labels: [3, 10])  // 10 stands for no class
    #expect(prediction.shape == [2, 4, 8, 8])
    #expect(model.nullClass == 10)
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowModels/Documentation.docc/MixFlowModels.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

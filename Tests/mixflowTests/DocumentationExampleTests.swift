import MixFlowConfiguration
import MixFlowTestSupport
import Testing

/// The example of the page of `MixFlowConfiguration`.
@Suite struct DocumentationExampleTests {
  @Test func runs() throws {
    let scratch = try TemporaryFolder()
    let path = try scratch.write("model: {name: SiT-S/2}\n".utf8, to: "run.yaml")

    let configuration = try ConfigurationFile.load(
      path: path, settings: ["training.seed=3", "mixflow.gamma=0.8"])
    let sizes = try configuration.validated()
    let yaml = try ConfigurationFile.yaml(configuration)
    #expect(sizes.tokens == 256)
    #expect(yaml.contains("gamma: 0.8"))
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowConfiguration/Documentation.docc/MixFlowConfiguration.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

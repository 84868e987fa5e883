import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// The example of the module's page.
@Suite struct DocumentationExampleTests {
  @Test func runs() throws {
    let scratch = try TemporaryFolder()
    let path = scratch.file("example.safetensors")

    let bias = Tensor([0.5, -1], shape: [2])
    try SafeTensorsWriter.write([(name: "ema.bias", value: bias)], to: path)

    let file = try CheckpointFormat.open(path)
    for name in file.names {
      print(name, try file.info(for: name).shape)
    }
    let state = try StateDict(contentsOf: path, prefix: "ema.")
    let read = try state.tensor("bias", shape: [2])
    #expect(file.names == ["ema.bias"])
    #expect(read == bias)
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowCheckpoint/Documentation.docc/MixFlowCheckpoint.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

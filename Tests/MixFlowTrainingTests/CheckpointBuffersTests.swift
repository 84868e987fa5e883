import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// The buffers of a model in its files.
@Suite struct CheckpointBuffersTests {
  private let file: StateDict
  private let sizes: DiTDHConfiguration

  init() throws {
    let file = StateDict(try Fixtures.file("models/ddt_default/weights"))
    self.file = file
    sizes = try DiTDHConfiguration(inferredFrom: { file.shape(of: $0) }, file: file.file)
  }

  @Test func areComputedWhereTheFileLacksThem() throws {
    let parameters = file.keys.filter { !$0.contains("_rope.") }
    #expect(parameters.count == file.keys.count - 4)
    let source = CheckpointParameters(
      StateDict(try parameters.map { (key: $0, value: try file.tensor($0)) }, file: "parameters"))
    let model = try DiTDH(sizes, from: source)
    try source.expectAllRead()
    #expect(model.stateDictEntries.map(\.name).sorted() == file.keys.sorted())
    for entry in model.stateDictEntries {
      expectClose(entry.value, try file.tensor(entry.name), absolute: 1e-6, entry.name)
    }
  }

  @Test func areReadWhereTheFileHasThem() throws {
    let key = "dec_feat_rope.freqs_sin"
    let changed = Tensor(repeating: 0.5, shape: try #require(file.shape(of: key)))
    let source = CheckpointParameters(
      StateDict(
        try file.keys.map { (key: $0, value: $0 == key ? changed : try file.tensor($0)) },
        file: "changed"))
    let model = try DiTDH(sizes, from: source)
    try source.expectAllRead()
    #expect(model.stateDictEntries.first { $0.name == key }?.value == changed)
  }
}

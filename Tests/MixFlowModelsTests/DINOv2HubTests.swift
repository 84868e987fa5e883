import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// The keys of the official repository against those of transformers, with the same weights.
@Suite struct DINOv2HubTests {
  @Test(arguments: [0, 4])
  func isTheSameModel(registers: Int) throws {
    let tiny = try TinyEncoder(registers: registers)
    let (ours, theirs) = (try tiny.model(), try hubModel(tiny))
    var generator = Philox(seed: 5, stream: 0)
    for side in [20, 8, 24] {
      let x = Tensor(normal: [2, 3, side, side], using: &generator)
      let tokens = ours.normalizedPatchTokens(x)
      #expect(tokens.shape == [2, side / 4 * (side / 4), 64])
      #expect(theirs.normalizedPatchTokens(x) == tokens)
      #expect(ours(x).tokens(1 + registers..<ours(x).shape[1]) == tokens)
    }
  }

  @Test func refusesGatedLayers() throws {
    var shapes = Dictionary(
      uniqueKeysWithValues: try TinyEncoder().hubTensors.map { ($0.name, $0.value.shape) })
    shapes["blocks.0.mlp.w12.weight"] = [256, 64]
    #expect(throws: ModelInferenceError.self) {
      try DINOv2Configuration(
        inferredFrom: { [shapes] key in DINOv2Keys.hub.shape(of: key) { shapes[$0] } }, file: "g")
    }
  }

  /// A picture has the same features in any batch, and those of the resized picture.
  @Test func featuresDoNotDependOnTheBatch() throws {
    let encoder = AlignmentEncoder(try TinyEncoder().model(), grid: 2)
    #expect(encoder.inputSide == 8)
    var generator = Philox(seed: 6, stream: 0)
    let x = Tensor(uniform: [5, 3, 16, 16], bound: 0.5, using: &generator)
    let features = encoder(x)
    #expect(features.shape == [5, 4, 64])
    for index in 0..<5 {
      #expect(encoder(x.samples(index..<index + 1)) == features.samples(index..<index + 1))
    }
    #expect(encoder.input(x).shape == [5, 3, 8, 8])
    #expect(encoder.encoder.normalizedPatchTokens(encoder.input(x)) == features)
  }
}

/// Weights in the official keys against transformers' own numbers, on `stage1/dino_*`.
@Suite struct DINOv2HubGoldenTests {
  @Test(arguments: [42, 56, 70, 98])
  func forwardMatches(side: Int) throws {
    let model = try hubModel(try TinyEncoder(try Fixtures.file("stage1/dino_weights")))
    let io = try Fixtures.file("stage1/dino_io")
    expectClose(
      model(try io.tensor("x\(side)")), try io.tensor("last_hidden\(side)"), relativeToMax: 1e-4,
      absolute: 5e-5, "last_hidden\(side)")
  }
}

/// Builds the model from the official keys, its sizes inferred from them.
private func hubModel(_ tiny: TinyEncoder) throws -> DINOv2 {
  let state = StateDict(try tiny.hubTensors.map { (key: $0.name, value: $0.value) }, file: "hub")
  let source = StateDictParameters(state)
  let sizes = try DINOv2Configuration(
    inferredFrom: { key in DINOv2Keys.hub.shape(of: key) { state.shape(of: $0) } },
    heads: tiny.configuration.heads, file: "hub")
  #expect(sizes == tiny.configuration)
  let model = try DINOv2(sizes, from: DINOv2HubParameters(source))
  try source.reader.expectAllRead()
  return model
}

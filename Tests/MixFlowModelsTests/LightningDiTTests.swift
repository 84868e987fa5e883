import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// LightningDiT's sizes, its start, and what it refuses.
@Suite struct LightningDiTTests {
  @Test func hasThePublishedNumberOfParameters() throws {
    #expect(try LightningDiTConfiguration(named: "LightningDiT-XL/1").parameterCount == 677_248_384)
    #expect(LightningDiTConfiguration().parameterCount == 677_248_384)
    #expect(throws: ModelConfigurationError.self) { try LightningDiTConfiguration(named: "XL/2") }
  }

  @Test(arguments: try ModelFixture.all(matching: LightningDiTGoldenTests.fixtures))
  func theCountIsThatOfTheModel(fixture: ModelFixture) throws {
    let model = try Fixtures.lightningDiT(fixture.weights)
    #expect(
      model.parameters.reduce(0) { $0 + $1.value.count } == model.configuration.parameterCount)
  }

  @Test(arguments: try ModelFixture.all(matching: LightningDiTGoldenTests.fixtures))
  func isInferredFromShapes(fixture: ModelFixture) throws {
    let file = try Fixtures.file(fixture.weights)
    let state = StateDict(file)
    let sizes = try file.metadata("config", as: LightningDiTConfiguration.self)
    let heads = sizes.usesRoPE ? nil : sizes.heads
    let inferred = try LightningDiTConfiguration(
      inferredFrom: { state.shape(of: $0) }, heads: heads, file: "file")
    #expect(inferred == sizes)
    guard !sizes.usesRoPE else { return }
    #expect(throws: ModelInferenceError.self, "nothing tells the heads") {
      try LightningDiTConfiguration(inferredFrom: { state.shape(of: $0) }, file: "file")
    }
  }

  @Test func optionsSurviveAFile() throws {
    var sizes = small
    (sizes.usesQKNorm, sizes.learnSigma, sizes.trainsFrequencies) = (true, true, true)
    let data = try JSONEncoder().encode(sizes)
    #expect(try JSONDecoder().decode(LightningDiTConfiguration.self, from: data) == sizes)
    let nothing = try JSONDecoder().decode(LightningDiTConfiguration.self, from: Data("{}".utf8))
    #expect(nothing == LightningDiTConfiguration())
  }

  static let refused: [(String, @Sendable (inout LightningDiTConfiguration) -> Void)] = [
    ("wo_shift", { $0.withoutShift = true }), ("patch_size", { $0.patchSize = 3 }),
    ("num_heads", { $0.heads = 5 }), ("num_heads", { $0.heads = 8 }),
    (
      "hidden_size",
      {
        $0.width = 18
        $0.usesRoPE = false
      }
    ), ("depth", { $0.depth = 0 }),
    ("class_dropout_prob", { $0.classDropoutProbability = -1 }),
  ]

  @Test(arguments: refused.indices)
  func refuses(index: Int) throws {
    let (key, change) = Self.refused[index]
    var sizes = small
    try sizes.validate()
    change(&sizes)
    let error = #expect(throws: ModelConfigurationError.self) { try sizes.validate() }
    #expect(error?.key == key)
  }

  @Test func preparingChangesNoBit() throws {
    ModelChecks.preparingChangesNoBit(try LightningDiT(small, from: MidTraining()))
  }

  @Test(arguments: [[], ["blocks.0", "t_embedder"], ["blocks.1.attn", "pos_embed"]])
  func recomputedActivationsChangeNoBit(frozen: [String]) throws {
    var sizes = small
    (sizes.trainsPositions, sizes.trainsFrequencies) = (true, true)
    try ModelChecks.recomputedActivationsChangeNoBit(frozen: frozen) {
      try LightningDiT(sizes, from: MidTraining())
    }
  }

  @Test func startsAsTheOfficialModel() throws {
    let model = try LightningDiT(small, from: RandomParameters(seed: 3))
    var generator = Philox(seed: 0)
    let x = Tensor(normal: [1] + model.sampleShape, using: &generator)
    let output = model(Variable(constant: x), t: [0.3], labels: [1])
    #expect(output.value.squaredNorm() == 0, "a fresh model's last layer is zero")
    for parameter in model.parameters where parameter.name.hasSuffix("bias") {
      #expect(parameter.value.squaredNorm() == 0, "\(parameter.name)")
    }
    for parameter in model.parameters where parameter.name.contains("attn.qkv.weight") {
      let bound = (6 / Float(parameter.shape[0] + parameter.shape[1])).squareRoot()
      #expect(parameter.value.array.allSatisfy { abs($0) <= bound })
      #expect(parameter.value.array.contains { abs($0) > 0.9 * bound })
    }
  }

  private var small: LightningDiTConfiguration {
    var sizes = LightningDiTConfiguration()
    (sizes.inputSize, sizes.patchSize, sizes.inChannels, sizes.classCount) = (4, 2, 6, 3)
    (sizes.width, sizes.depth, sizes.heads) = (16, 2, 2)
    return sizes
  }
}

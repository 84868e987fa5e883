import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// DiT-DH's sizes, its start, and what it refuses.
@Suite struct DiTDHTests {
  static let published = [
    ("DiT-DH-S", 16, 196_455_764), ("DiT-DH-B", 16, 294_295_892), ("DiT-DH-L", 16, 621_744_436),
    ("DiT-DH-XL", 16, 838_675_796), ("DiT-DH-XL", 32, 839_560_532),
  ]

  @Test(arguments: published)
  func hasThePublishedNumberOfParameters(name: String, inputSize: Int, count: Int) throws {
    #expect(try DiTDHConfiguration(named: name, inputSize: inputSize).parameterCount == count)
  }

  @Test(arguments: try ModelFixture.all(matching: DiTDHGoldenTests.fixtures))
  func theCountIsThatOfTheModel(fixture: ModelFixture) throws {
    let model = try Fixtures.ditDH(fixture.weights)
    #expect(
      model.parameters.reduce(0) { $0 + $1.value.count } == model.configuration.parameterCount)
  }

  @Test(arguments: try ModelFixture.all(matching: DiTDHGoldenTests.fixtures))
  func isInferredFromShapes(fixture: ModelFixture) throws {
    let file = try Fixtures.file(fixture.weights)
    let state = StateDict(file)
    let sizes = try file.metadata("config", as: DiTDHConfiguration.self)
    let inferred = try DiTDHConfiguration(
      inferredFrom: { state.shape(of: $0) }, decoderDepth: sizes.decoder.depth, file: "file")
    #expect(inferred == sizes)
  }

  @Test func inferenceNamesWhatDoesNotFit() throws {
    let state = StateDict(try Fixtures.file("models/ddt_default/weights"))
    let key = "dec_feat_rope.freqs_cos"
    let error = #expect(throws: ModelInferenceError.self) {
      try DiTDHConfiguration(
        inferredFrom: { $0 == key ? nil : state.shape(of: $0) }, file: "some.safetensors")
    }
    #expect(
      error?.description
        == "some.safetensors: no tensor 'dec_feat_rope.freqs_cos', which every DiT-DH has")
    #expect(throws: ModelInferenceError.self) {
      try DiTDHConfiguration(
        inferredFrom: { $0 == "blocks.0.attn.qkv.weight" ? [96, 32] : state.shape(of: $0) },
        file: "")
    }
  }

  @Test func optionsSurviveAFile() throws {
    var sizes = small
    (sizes.usesQKNorm, sizes.trainsPositions, sizes.classDropoutProbability) = (true, true, 0.2)
    let data = try JSONEncoder().encode(sizes)
    #expect(try JSONDecoder().decode(DiTDHConfiguration.self, from: data) == sizes)
    #expect(String(decoding: data, as: UTF8.self).contains(#""hidden_size":[16,32]"#))
    let short = Data(#"{"num_heads": 8, "patch_size": [1, 2]}"#.utf8)
    let decoded = try JSONDecoder().decode(DiTDHConfiguration.self, from: short)
    #expect(decoded.encoder.heads == 8 && decoded.decoder.heads == 8 && decoded.patchSize == 2)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(DiTDHConfiguration.self, from: Data(#"{"depth": [1]}"#.utf8))
    }
  }

  static let refused: [(String, @Sendable (inout DiTDHConfiguration) -> Void)] = [
    ("use_rope", { $0.usesRoPE = false }), ("patch_size", { $0.patchSize = 2 }),
    ("wo_shift", { $0.withoutShift = true }), ("num_heads", { $0.encoder.heads = 3 }),
    ("num_heads", { $0.decoder.heads = 16 }), ("hidden_size", { $0.encoder.width = 0 }),
    ("depth", { $0.decoder.depth = 0 }), ("class_dropout_prob", { $0.classDropoutProbability = 2 }),
  ]

  @Test(arguments: refused.indices)
  func refuses(index: Int) throws {
    let (key, change) = Self.refused[index]
    var sizes = small
    try sizes.validate()
    change(&sizes)
    let error = #expect(throws: ModelConfigurationError.self) { try sizes.validate() }
    #expect(error?.key == key)
    #expect(throws: ModelConfigurationError.self) {
      try DiTDH(sizes, from: RandomParameters(seed: 0))
    }
  }

  @Test func saysThatUpstreamCrashes() {
    var sizes = small
    sizes.usesRoPE = false
    let error = #expect(throws: ModelConfigurationError.self) { try sizes.validate() }
    #expect(error?.description == "use_rope is false, where upstream crashes; set it to true")
    #expect(throws: ModelConfigurationError.self) { try DiTDHConfiguration(named: "DiT-DH-H") }
  }

  @Test func preparingChangesNoBit() throws {
    ModelChecks.preparingChangesNoBit(try DiTDH(small, from: MidTraining()))
    var sizes = small
    sizes.usesPositions = false
    ModelChecks.preparingChangesNoBit(try DiTDH(sizes, from: MidTraining()))
  }

  @Test(arguments: [[], ["blocks.0", "pos_embed"], ["blocks.2.mlp", "t_embedder.W"]])
  func recomputedActivationsChangeNoBit(frozen: [String]) throws {
    var sizes = small
    (sizes.trainsPositions, sizes.trainsFrequencies, sizes.usesQKNorm) = (true, true, true)
    try ModelChecks.recomputedActivationsChangeNoBit(frozen: frozen) {
      try DiTDH(sizes, from: MidTraining())
    }
  }

  @Test func buffersAreNoParameters() throws {
    let model = try DiTDH(small, from: RandomParameters(seed: 0))
    let names = Set(model.parameters.map(\.name))
    let buffers = model.stateDictEntries.filter { !names.contains($0.name) }
    #expect(
      buffers.map(\.name) == [
        "enc_feat_rope.freqs_cos", "enc_feat_rope.freqs_sin", "dec_feat_rope.freqs_cos",
        "dec_feat_rope.freqs_sin",
      ])
    #expect(buffers[0].value == RotaryTable(headWidth: 8, grid: small.inputSize).cosines)
    let fixed = model.parameters.filter { !$0.isTrainable }
    #expect(fixed.map(\.name) == ["pos_embed", "t_embedder.W"], "frozen by default")
  }

  @Test func startsAsTheOfficialModel() throws {
    var sizes = small
    sizes.encoder = DiTDHStage(width: 96, depth: 1, heads: 4)
    sizes.decoder = DiTDHStage(width: 128, depth: 1, heads: 4)
    let model = try DiTDH(sizes, from: RandomParameters(seed: 3))
    var generator = Philox(seed: 0)
    let x = Tensor(normal: [1] + model.sampleShape, using: &generator)
    let output = model(Variable(constant: x), t: [0.3], labels: [1])
    #expect(output.value.squaredNorm() == 0, "a fresh model's last layer is zero")

    let parameters = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0) })
    for (name, parameter) in parameters {
      let values = parameter.value.array.map(Double.init)
      let deviation = (parameter.value.squaredNorm() / Double(values.count)).squareRoot()
      switch name {
      case "pos_embed":
        #expect(values == sinCosPositions(width: 96, grid: sizes.inputSize).array.map(Double.init))
      case "t_embedder.W": expectClose(deviation, 1, relativeToMax: 0.1, name)
      case _ where name.contains("adaLN_modulation") || name.hasPrefix("final_layer.linear"):
        #expect(deviation == 0, "\(name)")
      case _ where name.contains("norm"): #expect(values.allSatisfy { $0 == 1 }, "\(name)")
      case "t_embedder.mlp.0.weight", "t_embedder.mlp.2.weight",
        "y_embedder.embedding_table.weight":
        expectClose(deviation, 0.02, relativeToMax: 0.1, name)
      case _ where name.hasSuffix("embedder.proj.bias"): #expect(deviation == 0, "\(name)")
      default:
        // U(-a, a) of deviation a / √3: Xavier's a for the patches, else PyTorch's 1 / √inputs.
        let weight = try #require(parameters[name.replacing(".bias", with: ".weight")]).shape
        let inputs = Double(weight[1...].reduce(1, *))
        let isPatch = name.hasSuffix("embedder.proj.weight")
        let bound =
          isPatch ? (6 / (inputs + Double(weight[0]))).squareRoot() : 1 / inputs.squareRoot()
        expectClose(deviation, bound / 3.0.squareRoot(), relativeToMax: 0.15, name)
        #expect(values.allSatisfy { abs($0) <= bound * (1 + 1e-6) }, "\(name)")
      }
    }
  }

  private var small: DiTDHConfiguration {
    var sizes = DiTDHConfiguration()
    (sizes.inputSize, sizes.inChannels, sizes.classCount) = (4, 6, 3)
    sizes.encoder = DiTDHStage(width: 16, depth: 2, heads: 2)
    sizes.decoder = DiTDHStage(width: 32, depth: 1, heads: 2)
    return sizes
  }
}

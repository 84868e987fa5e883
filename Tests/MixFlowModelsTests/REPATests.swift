import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// The sizes, the options and the start of REPA's SiT.
@Suite struct REPATests {
  /// The counts of the official models with a projector to 768 features, the fixed position table
  /// included.
  @Test(arguments: [
    ("SiT-XL/2", 683_242_512), ("SiT-L/2", 465_955_600), ("SiT-B/2", 137_845_008),
  ])
  func hasThePublishedNumberOfParameters(name: String, count: Int) throws {
    #expect(try REPASiTConfiguration(named: name).parameterCount == count)
  }

  /// Upstream's code stops at these with an error of PyTorch's.
  @Test func refusesWhatUpstreamCannotRun() throws {
    let decoder = #expect(throws: ModelConfigurationError.self) {
      try REPASiTConfiguration(named: "SiT-S/2")
    }
    #expect(decoder?.key == "decoder_hidden_size")
    #expect(decoder?.description.contains("768") == true)
    #expect(decoder?.description.contains("set it to that") == true)
    #expect(try REPASiTConfiguration(named: "SiT-S/2", decoderWidth: 384).transformer.width == 384)

    for depth in [0, 13] {
      let encoder = #expect(throws: ModelConfigurationError.self) {
        try REPASiTConfiguration(named: "SiT-B/2", encoderDepth: depth)
      }
      #expect(encoder?.key == "encoder_depth")
      #expect(encoder?.description.contains("1...12") == true)
    }
    #expect(try REPASiTConfiguration(named: "SiT-B/2", encoderDepth: 12).encoderDepth == 12)
  }

  @Test func refusesWidthsAndSigma() {
    #expect(throws: ModelConfigurationError.self) {
      try REPASiTConfiguration(named: "SiT-B/2", featureWidths: [768, 0])
    }
    var sizes = small
    sizes.projectorWidth = 0
    #expect(throws: ModelConfigurationError.self) { try sizes.validate() }
    sizes = small
    sizes.transformer.learnSigma = true
    #expect(throws: ModelConfigurationError.self) {
      try REPASiT(sizes, from: RandomParameters(seed: 0))
    }
  }

  @Test(arguments: [
    ("decoder_blocks.0.attn.qkv.weight", "blocks.8.attn.qkv.weight"),
    ("decoder_blocks.19.mlp.fc1.bias", "blocks.27.mlp.fc1.bias"),
    ("blocks.3.attn.qkv.weight", "blocks.3.attn.qkv.weight"), ("pos_embed", "pos_embed"),
    ("decoder_blocks.x.bias", "decoder_blocks.x.bias"),
    ("decoder_blocks.9223372036854775807.bias", "decoder_blocks.9223372036854775807.bias"),
  ])
  func renamesLegacyKeys(old: String, new: String) {
    #expect(REPASiTConfiguration.currentKey(forLegacy: old, encoderDepth: 8) == new)
  }

  @Test func startsAsTheOfficialModel() throws {
    let model = try REPASiT(small, from: RandomParameters(seed: 3))
    var generator = Philox(seed: 0)
    let x = Tensor(normal: [2] + model.sampleShape, using: &generator)
    let output = model.predictionWithProjections(
      Variable(constant: x), t: [0.3, 0.9], labels: [0, 3])
    #expect(output.prediction.value.squaredNorm() == 0, "a fresh model's last layer is zero")
    #expect(output.projections.map(\.shape) == [[2, 4, 6], [2, 4, 5]])
    for parameter in model.parameters {
      let (name, value) = (parameter.name, parameter.value)
      if name.hasSuffix("q_norm.weight") || name.hasSuffix("k_norm.weight") {
        #expect(value.array.allSatisfy { $0 == 1 }, "\(name)")
      } else if name.hasSuffix("bias") {
        #expect(value.squaredNorm() == 0, "\(name)")
      } else if name.hasPrefix("projectors") {
        let bound = (6 / Float(value.shape[0] + value.shape[1])).squareRoot()
        #expect(value.array.allSatisfy { abs($0) <= bound }, "\(name)")
        #expect(value.array.contains { abs($0) > bound / 2 }, "\(name)")
      }
    }
  }

  @Test func recomputedActivationsChangeNoBit() throws {
    let results = try [Tape.Activations.kept, .selective, .recomputed].map { activations in
      let model = try REPASiT(small, from: NonZeroParameters())
      var generator = Philox(seed: 5)
      let tape = Tape(activations: activations)
      let x = tape.input(Tensor(normal: [2] + model.sampleShape, using: &generator))
      let output = model.predictionWithProjections(x, t: [0.2, 0.7], labels: [0, 2], on: tape)
      let losses = output.projections.reduce(
        meanSquaredError(output.prediction, target: Tensor(zeros: x.shape))
      ) { sum, z in
        sum + alignmentLoss(z, target: Tensor(normal: z.shape, using: &generator))
      }
      tape.backward(from: losses)
      return [losses.value, x.gradient] + model.parameters.map(\.gradient)
    }
    #expect(results[0].compactMap(\.self).count > 30)
    for others in results.dropFirst() {
      for (kept, other) in zip(results[0], others) {
        #expect(kept?.array.map(\.bitPattern) == other?.array.map(\.bitPattern))
      }
    }
  }

  private let small = REPASiTConfiguration(
    SiTConfiguration(
      inputSize: 4, patchSize: 2, inChannels: 2, width: 8, depth: 2, heads: 2, classCount: 3,
      learnSigma: false), encoderDepth: 1, featureWidths: [6, 5], projectorWidth: 7, qkNorm: true)
}

/// Random weights everywhere, so that no gradient is hidden behind a zero.
private final class NonZeroParameters: ParameterSource {
  private let source = RandomParameters(seed: 11)

  func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
    source.value(for: key, shape: shape, initializer: .normal(deviation: 0.3))
  }
}

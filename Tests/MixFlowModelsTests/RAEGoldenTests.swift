import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// DINOv2 with registers against transformers, on `stage1/dino_*`.
@Suite struct DINOv2GoldenTests {
  @Test(arguments: [42, 56, 70, 98])
  func forwardMatches(side: Int) throws {
    let (model, io) = try (RAEFixtures.encoder(), Fixtures.file("stage1/dino_io"))
    expectClose(
      model.positions(height: side, width: side), try io.tensor("pos\(side)"), relativeToMax: 1e-4,
      absolute: 5e-5, "pos\(side)")
    expectClose(
      model(try io.tensor("x\(side)")), try io.tensor("last_hidden\(side)"), relativeToMax: 1e-4,
      absolute: 5e-5, "last_hidden\(side)")
  }

  @Test func infersSizes() throws {
    let file = try Fixtures.file("stage1/dino_weights")
    let expected = try file.metadata("config", as: DINOv2Configuration.self)
    let shape = { (key: String) in try? file.info(for: key).shape }
    #expect(
      try DINOv2Configuration(inferredFrom: shape, heads: expected.heads, file: "") == expected)
    // A width of 32 is no published size, so the number of heads is unknown.
    #expect(throws: ModelInferenceError.self) {
      try DINOv2Configuration(inferredFrom: shape, file: "")
    }
  }
}

/// RAE against the official encoder, decoder and statistics, on `stage1/*`.
@Suite struct RAEGoldenTests {
  @Test(arguments: ["x56", "x64", "x40"])
  func encodes(images: String) throws {
    let (model, io) = try (RAEFixtures.model(), RAEFixtures.io())
    let x = try io.tensor(images)
    try expect(model.encoderInput(x), io, "resized_" + images)
    try expect(model.encode(x), io, "z_" + images)
  }

  @Test func encodesWithoutStatistics() throws {
    let (model, io) = try (RAEFixtures.model(hasStatistics: false), RAEFixtures.io())
    try expect(model.features(try io.tensor("x56")), io, "enc_tokens_x56")
    try expect(model.encode(try io.tensor("x56")), io, "z_nostat_x56")
  }

  @Test func addsNoise() throws {
    let (model, io) = try (RAEFixtures.model(), RAEFixtures.io())
    let tau = try #require(io.metadata["noise_tau"].flatMap { Float($0.prefix { $0 != " " }) })
    let noise = RAE.Noise(
      magnitudes: try io.tensor("noise_u").array.map { tau * $0 },
      values: try io.tensor("noise_eps"))
    try expect(model.encode(try io.tensor("x56"), noise: noise), io, "z_noised_x56")
  }

  @Test func decodes() throws {
    let io = try RAEFixtures.io()
    let model = try RAEFixtures.model()
    try expect(model.decode(try io.tensor("z_x64")), io, "recon_x64")
    let plain = try RAEFixtures.model(hasStatistics: false)
    try expect(plain.decode(try io.tensor("z_nostat_x56")), io, "recon_nostat_x56")
  }

  @Test func decoderMatches() throws {
    let (decoder, io) = try (RAEFixtures.decoder(), RAEFixtures.io())
    try expect(decoder(try io.tensor("tokens")), io, "logits")
    try expect(decoder(try io.tensor("tokens9")), io, "logits_tokens9")
    try expect(decoder.images(of: try io.tensor("logits")), io, "image_from_logits")
  }

  @Test func decoderGradientsMatch() throws {
    let (decoder, io) = try (RAEFixtures.decoder(), RAEFixtures.io())
    let expected = try Fixtures.file("stage1/decoder_grads")
    let tape = Tape()
    let logits = decoder(Variable(constant: try io.tensor("tokens")), on: tape)
    // The loss is the mean of squared logits.
    tape.backward(from: logits, gradient: (2 / Float(logits.value.count)) * logits.value)
    let vectors = decoder.parameters.filter { $0.value.shape.count == 1 }
    #expect(vectors.map(\.name).sorted() == expected.names.sorted())
    for parameter in vectors {
      let gradient = try #require(parameter.gradient, "\(parameter.name)")
      // A shift of all keys moves no attention weight: this gradient is zero but for rounding, in
      // the file too, so it is measured by that of the queries' bias.
      let scale = try expected.tensor(parameter.name.replacing("key.bias", with: "query.bias"))
      let error = gradient - (try expected.tensor(parameter.name))
      #expect(
        error.squaredNorm().squareRoot() < 1e-3 * scale.squaredNorm().squareRoot(),
        "\(parameter.name)")
    }
  }

  @Test func missingClassTokenIsZero() throws {
    let file = try Fixtures.file("stage1/decoder_weights")
    let state = StateDict(file)
    let key = "trainable_cls_token"
    let zeroed = StateDict(
      try state.keys.map { name in
        let value = try state.tensor(name)
        return (key: name, value: name == key ? Tensor(zeros: value.shape) : value)
      }, file: "zeroed")
    let without = StateDict(
      try state.keys.filter { $0 != key }.map { (key: $0, value: try state.tensor($0)) },
      file: "without")
    let tokens = try RAEFixtures.io().tensor("tokens")
    #expect(
      try RAEFixtures.decoder(zeroed)(tokens)
        == RAEFixtures.decoder(without, hasClassToken: false)(tokens))
  }

  @Test func infersPublishedSizes() throws {
    let published: [ViTDecoderConfiguration] = [.base, .large, .extraLarge]
    for size in published {
      var shapes = [
        "decoder_embed.weight": [size.width, size.latentWidth],
        "decoder_pos_embed": [1, 257, size.width],
        "decoder_pred.weight": [16 * 16 * 3, size.width],
      ]
      for layer in 0..<size.depth {
        let prefix = "decoder_layers.\(layer)."
        shapes[prefix + "intermediate.dense.weight"] = [size.hidden, size.width]
        shapes[prefix + "output.dense.weight"] = [size.width, size.hidden]
      }
      #expect(try ViTDecoderConfiguration(inferredFrom: { shapes[$0] }, file: "") == size)
    }
  }

  @Test func refusesPartsThatDoNotFit() throws {
    let (encoder, decoder) = try (RAEFixtures.encoder(), RAEFixtures.decoder())
    #expect(throws: ModelConfigurationError.self) {
      try RAE(encoder: encoder, decoder: decoder, encoderInputSize: 57)
    }
    let statistics = try LatentStatistics(mean: Tensor(zeros: [32, 5, 5]), variance: nil)
    #expect(throws: ModelConfigurationError.self) {
      try RAE(encoder: encoder, decoder: decoder, statistics: statistics, encoderInputSize: 56)
    }
    #expect(throws: ModelConfigurationError.self) {
      try LatentStatistics(mean: nil, variance: nil)
    }
  }

  private func expect(_ actual: Tensor, _ io: SafeTensorsFile, _ name: String) throws {
    expectClose(actual, try io.tensor(name), relativeToMax: 1e-4, absolute: 1e-4, name)
  }
}

/// The models of `stage1/*`.
private enum RAEFixtures {
  static func io() throws -> SafeTensorsFile { try Fixtures.file("stage1/rae_io") }

  static func encoder() throws -> DINOv2 {
    let file = try Fixtures.file("stage1/dino_weights")
    let source = StateDictParameters(StateDict(file))
    let model = try DINOv2(
      try file.metadata("config", as: DINOv2Configuration.self), from: source)
    try source.reader.expectAllRead()
    return model
  }

  static func decoder(_ state: StateDict? = nil, hasClassToken: Bool = true) throws -> ViTDecoder {
    struct Configuration: Decodable {
      let heads: Int

      enum CodingKeys: String, CodingKey { case heads = "decoder_num_attention_heads" }
    }
    let file = try Fixtures.file("stage1/decoder_weights")
    let heads = try file.metadata("config", as: Configuration.self).heads
    let source = StateDictParameters(state ?? StateDict(file))
    let state = source.reader.state
    let sizes = try ViTDecoderConfiguration(
      inferredFrom: { state.shape(of: $0) }, heads: heads, file: file.path)
    let (patch, tokens) = (
      try file.metadata("decoder_patch_size", as: Int.self),
      try file.metadata("num_patches", as: Int.self)
    )
    #expect(sizes.patchSize == patch && sizes.tokens == tokens)
    let model = try ViTDecoder(sizes, hasClassToken: hasClassToken, from: source)
    try source.reader.expectAllRead()
    return model
  }

  static func model(hasStatistics: Bool = true) throws -> RAE {
    let file = try Fixtures.file("stage1/stats")
    return try RAE(
      encoder: try encoder(), decoder: try decoder(),
      statistics: hasStatistics
        ? try LatentStatistics(mean: try file.tensor("mean"), variance: try file.tensor("var"))
        : nil,
      encoderInputSize: try io().metadata("encoder_input_size", as: Int.self))
  }
}

import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Autoencoders read from files alone, by their keys.
@Suite struct AutoencoderCheckpointTests {
  private static let vae = "vae/weights.safetensors"
  private static let parts = ["dino_weights", "decoder_weights", "stats"].map {
    "stage1/\($0).safetensors"
  }

  @Test func recognisesTheVAE() throws {
    let checkpoint = try AutoencoderCheckpoint(contentsOf: [Fixtures.path(Self.vae)])
    #expect(checkpoint.kind == .vae)
    #expect(checkpoint.tensorCount == (try Fixtures.file("vae/weights").names.count))
    let io = try Fixtures.file("vae/io")
    expectClose(
      checkpoint.autoencoder.decode(try io.tensor("z")), try io.tensor("decoded_scaled"),
      relativeToMax: 1e-4, absolute: 1e-4)
  }

  @Test func appliesScaleAndShift() throws {
    var settings = AutoencoderSettings()
    settings.scale = 2
    settings.shift = 0.25
    let checkpoint = try AutoencoderCheckpoint(
      contentsOf: [Fixtures.path(Self.vae)], settings: settings)
    let io = try Fixtures.file("vae/io")
    let latents = checkpoint.autoencoder.encode(try io.tensor("x"))
    let expected = try io.tensor("mean").array.map { ($0 - 0.25) * 2 }
    expectClose(latents.array, expected, relativeToMax: 1e-4)
    let plain = try AutoencoderCheckpoint(contentsOf: [Fixtures.path(Self.vae)])
    let unscaled = 0.18215 * (try io.tensor("mean"))
    expectClose(
      checkpoint.autoencoder.decode(latents), plain.autoencoder.decode(unscaled),
      relativeToMax: 1e-4)
  }

  @Test func joinsThePartsOfRAE() throws {
    let checkpoint = try AutoencoderCheckpoint(
      contentsOf: Self.parts.map(Fixtures.path), settings: Self.small)
    #expect(checkpoint.kind == .rae)
    let io = try Fixtures.file("stage1/rae_io")
    expectClose(
      checkpoint.autoencoder.encode(try io.tensor("x64")), try io.tensor("z_x64"),
      relativeToMax: 1e-4, absolute: 1e-4)
  }

  @Test func readsOneFileWithPrefixes() throws {
    let folder = try TemporaryFolder()
    var tensors: [(name: String, value: Tensor)] = []
    for (prefix, path) in zip(["encoder.encoder.", "decoder.", "statistics."], Self.parts) {
      let file = try SafeTensorsFile(contentsOf: Fixtures.path(path))
      // The encoder's last gain is not used, so that RAE does not save it.
      for name in file.names where !name.hasPrefix("layernorm.") {
        tensors.append((prefix + name, try file.tensor(name)))
      }
    }
    let path = folder.file("rae.safetensors")
    try SafeTensorsWriter.write(
      tensors,
      metadata: ["config": #"{"num_attention_heads": 4, "decoder_num_attention_heads": 3}"#],
      to: path)
    let joined = try AutoencoderCheckpoint(contentsOf: [path], settings: Self.small)
    let io = try Fixtures.file("stage1/rae_io")
    expectClose(
      joined.autoencoder.decode(try io.tensor("z_x64")), try io.tensor("recon_x64"),
      relativeToMax: 1e-4, absolute: 1e-4)
  }

  @Test func refusesWhatIsNotWhole() throws {
    #expect(throws: AutoencoderFileError.self) {
      try AutoencoderCheckpoint(contentsOf: [Fixtures.path(Self.parts[0])])
    }
    #expect(throws: AutoencoderFileError.self) {
      try AutoencoderCheckpoint(
        contentsOf: [Fixtures.path(Self.vae), Fixtures.path(Self.parts[2])])
    }
    #expect(throws: CheckpointError.self) {
      try AutoencoderCheckpoint(
        contentsOf: (Self.parts + ["misc/torch_rng.safetensors"]).map(Fixtures.path),
        settings: Self.small)
    }
  }

  private static var small: AutoencoderSettings {
    var settings = AutoencoderSettings()
    settings.encoderInputSize = 56
    return settings
  }
}

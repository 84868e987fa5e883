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

  @Test func readsPyTorchFiles() throws {
    let folder = try TemporaryFolder()
    func items(_ path: String, prefix: String = "") throws -> [(name: String, value: StoredTensor)]
    {
      let file = try SafeTensorsFile(contentsOf: Fixtures.path(path))
      return try file.names.map { (prefix + $0, .float32(try file.tensor($0))) }
    }
    // The encoder as RAE's training saves it, the decoder as a bare state dict, the statistics.
    let paths = [folder.file("ep-last.pt"), folder.file("model.pt"), folder.file("stat.pt")]
    let encoder = try items(Self.parts[0], prefix: "encoder.encoder.")
    try TorchWriter.write(
      .dictionary([
        (key: "step", value: .int(3)),
        (key: "ema", value: .stateDict(encoder.filter { !$0.name.contains(".layernorm.") })),
        (key: "optimizer", value: .stateDict([(name: "x", value: encoder[0].value)])),
      ]), to: paths[0])
    try TorchWriter.write(.stateDict(try items(Self.parts[1])), to: paths[1])
    try TorchWriter.write(.stateDict(try items(Self.parts[2])), to: paths[2])
    var settings = Self.small
    settings.encoderHeads = 4
    settings.decoderHeads = 3
    settings.files = paths
    let rae = try #require(try settings.load()).autoencoder
    let io = try Fixtures.file("stage1/rae_io")
    expectClose(
      rae.encode(try io.tensor("x64")), try io.tensor("z_x64"), relativeToMax: 1e-4,
      absolute: 1e-4)
    expectClose(
      rae.decode(try io.tensor("z_x64")), try io.tensor("recon_x64"), relativeToMax: 1e-4,
      absolute: 1e-4)
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

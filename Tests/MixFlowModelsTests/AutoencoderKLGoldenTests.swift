import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// Stable Diffusion's autoencoder against diffusers, on `vae/*`.
@Suite struct AutoencoderKLGoldenTests {
  private static let tolerance = 1e-4

  @Test func encodesAsDiffusers() throws {
    let (model, io) = try (Self.model(), Self.io())
    let moments = model.moments(of: try io.tensor("x"))
    expect(moments.mean, io, "mean")
    expect(moments.logVariance, io, "logvar")
    expect(moments.deviation, io, "std")
    let scaled = model.encode(try io.tensor("x"))
    #expect(scaled == AutoencoderKLConfiguration.standardScale * moments.mean)
  }

  @Test func decodesAsDiffusers() throws {
    let (model, io) = try (Self.model(), Self.io())
    expect(model.decodeUnscaled(try io.tensor("z")), io, "decoded")
    expect(model.decode(try io.tensor("z")), io, "decoded_scaled")
  }

  @Test(arguments: ["", "big_"])
  func splitsMoments(prefix: String) throws {
    let io = try Self.io()
    let moments = LatentMoments(try io.tensor(prefix + "moments"))
    expect(moments.logVariance, io, prefix + "logvar")
    expect(moments.deviation, io, prefix + "std")
    let noise = Tensor(repeating: -0.5, shape: moments.mean.shape)
    expectClose(
      moments.sample(noise: noise), moments.mean - 0.5 * moments.deviation, relativeToMax: 1e-6)
  }

  @Test(arguments: [false, true])
  func readsOldKeys(asConvolutions: Bool) throws {
    let current = try Fixtures.file("vae/weights")
    let old = try Fixtures.file("vae/weights_oldkeys")
    let isAttention = { (key: String) in key.contains(".attentions.") }
    let kept = try current.names.filter { !isAttention($0) }.map {
      (key: $0, value: try current.tensor($0))
    }
    let replaced = try old.names.map { name in
      let value = try old.tensor(name)
      return (
        key: name,
        value: asConvolutions && value.shape.count == 2
          ? value.reshaped(value.shape + [1, 1]) : value
      )
    }
    let state = StateDict(kept + replaced, file: "old")
    let keys = SpatialAttentionKeys.inferred(from: { state.shape(of: $0) })
    #expect(keys.isConvolution == asConvolutions)
    let source = StateDictParameters(state)
    let model = try AutoencoderKL(
      try current.metadata("config", as: AutoencoderKLConfiguration.self), attentionKeys: keys,
      from: source)
    try source.reader.expectAllRead()
    expect(model.decodeUnscaled(try Self.io().tensor("z")), try Self.io(), "decoded")
  }

  @Test func infersSizes() throws {
    let file = try Fixtures.file("vae/weights")
    let expected = try file.metadata("config", as: AutoencoderKLConfiguration.self)
    let shape = { (key: String) in try? file.info(for: key).shape }
    #expect(
      try AutoencoderKLConfiguration(inferredFrom: shape, groups: expected.groups, file: "vae")
        == expected)
    #expect(throws: ModelInferenceError.self) {
      try AutoencoderKLConfiguration(inferredFrom: { _ in nil }, file: "vae")
    }
  }

  private func expect(_ actual: Tensor, _ io: SafeTensorsFile, _ name: String) {
    do {
      expectClose(
        actual, try io.tensor(name), relativeToMax: Self.tolerance, absolute: Self.tolerance, name)
    } catch {
      Issue.record(error)
    }
  }

  private static func io() throws -> SafeTensorsFile { try Fixtures.file("vae/io") }

  private static func model() throws -> AutoencoderKL {
    let file = try Fixtures.file("vae/weights")
    let source = StateDictParameters(StateDict(file))
    let model = try AutoencoderKL(
      try file.metadata("config", as: AutoencoderKLConfiguration.self), from: source)
    try source.reader.expectAllRead()
    return model
  }
}

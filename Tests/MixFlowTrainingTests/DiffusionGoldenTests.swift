import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// Gaussian diffusion with the official DiT, against the official losses and loops.
@Suite struct DiffusionGoldenTests {
  private let file: SafeTensorsFile
  private let model: DiT

  init() throws {
    file = try Fixtures.file("ddpm/dit_diffusion")
    model = try Fixtures.dit(
      String(try #require(file.metadata["model"]).dropLast(".safetensors".count)))
  }

  @Test func lossesMatch() throws {
    let (data, noise) = (try file.tensor("x"), try file.tensor("noise"))
    let t = try file.integers("t")
    let diffusion = try GaussianDiffusion()
    let output = model(
      Variable(constant: diffusion.noised(data, with: noise, t: t)), t: t.map { Float($0) },
      labels: try file.integers("y"))
    let losses = diffusion.losses(
      output: DoubleBatch(output.value), data: DoubleBatch(data), noise: DoubleBatch(noise), t: t)
    try expectElementsClose(losses.squaredErrors, "mse")
    try expectElementsClose(losses.bounds, "vb")
    try expectElementsClose(losses.totals, "loss")
    let onTape = diffusion.loss(output, data: data, noise: noise, t: t)
    #expect(onTape.value.array == losses.totals.map { Float($0) })
  }

  /// The tape carries the derivative that the losses have, weighted by sample.
  @Test func theTapeCarriesTheDerivative() throws {
    let (data, noise) = (try file.tensor("x"), try file.tensor("noise"))
    let t = try file.integers("t")
    let diffusion = try GaussianDiffusion()
    let tape = Tape()
    let size = data.shape[1]
    var generator = Philox(seed: 4)
    let output = tape.input(
      Tensor(
        normal: [data.shape[0], 2 * size] + data.shape.dropFirst(2), using: &generator))
    let weights = t.indices.map { Float($0 + 1) }
    tape.backward(
      from: diffusion.loss(output, data: data, noise: noise, t: t),
      gradient: Tensor(weights, shape: [t.count]))
    let gradient = diffusion.losses(
      output: DoubleBatch(output.value), data: DoubleBatch(data), noise: DoubleBatch(noise), t: t
    ).gradient.scaled(by: weights.map { Double($0) })
    expectClose(
      try #require(output.gradient).array.map { Double($0) }, gradient.values, relativeToMax: 1e-6)
  }

  @Test(arguments: [
    ("p_sample_loop", GaussianDiffusion.Method.ancestral), ("ddim_loop", .ddim(eta: 0)),
  ])
  func loopsMatch(prefix: String, method: GaussianDiffusion.Method) throws {
    let (z, labels) = (try file.tensor("z"), try file.integers("loop_y"))
    let noise = try file.tensor("loop_noise")
    let keys = file.names.filter { $0.hasPrefix(prefix) }
    #expect(!keys.isEmpty)
    for key in keys {
      let count = try #require(Int(key.dropFirst(prefix.count).prefix { $0 != "." }))
      let diffusion = try GaussianDiffusion(respacing: .sections([count]))
      let result = try diffusion.sample(
        from: DoubleBatch(z), by: method,
        network: { x, step in
          DoubleBatch(
            model(
              Variable(constant: x.tensor(sampleShape: model.sampleShape)),
              t: labels.map { _ in Float(step) }, labels: labels
            ).value)
        }, noise: { _, step in DoubleBatch(noise.samples(step..<step + 1).reshaped(z.shape)) })
      expectClose(
        result.values, try file.doubles(key), relativeToMax: 1e-3, "ddpm \(key)")
    }
  }

  /// From the settings to the samples.
  @Test(arguments: [("p_sample_loop", "DDPM"), ("ddim_loop", "DDIM")])
  func configuredLoopsMatch(prefix: String, mode: String) throws {
    let (z, noise) = (try file.tensor("z"), try file.tensor("loop_noise"))
    let keys = file.names.filter { $0.hasPrefix(prefix) }
    #expect(!keys.isEmpty)
    for key in keys {
      var configuration = RunConfiguration(.dit)
      configuration.sampler.mode = mode
      configuration.sampler.numSteps = try #require(
        Int(key.dropFirst(prefix.count).prefix { $0 != "." }))
      let sampler = try configuration.networkSampler()
      let network = try GuidedNetwork(
        model, labels: try file.integers("loop_y"), times: sampler.evaluationTimes)
      let result = try sampler.sample(
        from: z, through: network,
        stochasticNoise: { noise.samples($0..<$0 + 1).reshaped(z.shape) }, observer: { _ in })
      expectClose(
        result.scalars, try file.doubles(key), relativeToMax: 1e-3, "ddpm wired \(key)")
    }
  }

  /// Three channels are guided; the others are the conditional half's own and the other half's own.
  @Test(arguments: try Fixtures.folders(matching: "models/dit"))
  func guidanceMatches(folder: String) throws {
    let io = try Fixtures.file("\(folder)/io")
    let model = try Fixtures.dit("\(folder)/weights")
    let keys = io.names.filter { $0.hasPrefix("cfg_out.s") }
    #expect(!keys.isEmpty)
    for key in keys {
      let scale = try #require(Double(key.dropFirst("cfg_out.s".count)))
      let labels = try io.integers("cfg_y")
      let half = labels.count / 2
      let (x, times, expected) = (
        try io.tensor("cfg_x"), try io.integers("cfg_t"), try io.tensor(key)
      )
      for sample in 0..<half {
        let network = try GuidedNetwork(
          model, labels: [labels[sample]], guidance: ClassifierFreeGuidance(scale: scale),
          guidedChannels: 3, state: .paired)
        let state = x.samples(sample..<sample + 1)
        expectClose(
          network(.concatenation([state, state]), Double(times[sample])),
          .concatenation([
            expected.samples(sample..<sample + 1),
            expected.samples(half + sample..<half + sample + 1),
          ]), relativeToMax: 2e-5, "\(folder) \(key)[\(sample)]")
      }
    }
  }

  private func expectElementsClose(_ actual: [Double], _ key: String) throws {
    for (index, (actual, expected)) in zip(actual, try file.doubles(key)).enumerated() {
      expectClose(actual, expected, relativeToMax: 1e-4, "ddpm \(key)[\(index)]")
    }
  }
}

import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// RAE's sampler with the official DiT-DH through the configuration that RAE's files become, against
/// the official sampler.
@Suite struct RAESamplingGoldenTests {
  private let file: SafeTensorsFile
  private let model: any ClassConditionalModel
  private let guide: any ClassConditionalModel

  init() throws {
    file = try Fixtures.file("transport/rae_sampling")
    model = try Self.network("model", of: file)
    guide = try Self.network("guide", of: file)
  }

  private static func network(
    _ key: String, of file: SafeTensorsFile
  ) throws -> any ClassConditionalModel {
    let name = String(try #require(file.metadata[key]).dropLast(".safetensors".count))
    return ReversedTime(try Fixtures.ditDH(name), prediction: .velocity)
  }

  /// `shift2.5000.euler10.cfg1.8.t0.3_0.9` and `sde.shift1.0000.euler.sigma.Mean` as settings.
  private func configuration(_ key: String) throws -> RunConfiguration? {
    var rest = Substring(key)
    var configuration = RunConfiguration(.ditDH)
    func cut(_ prefix: String) -> Bool {
      guard rest.hasPrefix(prefix) else { return false }
      rest = rest.dropFirst(prefix.count)
      return true
    }
    let isStochastic = cut("sde.")
    guard cut("shift"), !rest.hasSuffix(".evals_t") else { return nil }
    configuration.transport.timeDistShift = try #require(Double(rest.prefix(6)))
    if configuration.transport.timeDistShift == 6.9282 {
      configuration.transport.timeDistShift = 48.0.squareRoot()
    }
    rest = rest.dropFirst(7)
    if isStochastic {
      let parts = rest.split(separator: ".").map(String.init)
      configuration.sampler.mode = "SDE"
      configuration.sampler.samplingMethod = parts[0]
      configuration.sampler.diffusionForm = parts[1]
      configuration.sampler.lastStep = parts[2]
      configuration.sampler.numSteps = try #require(Int(file.metadata["num_steps_sde"] ?? ""))
      return configuration
    }
    let name = ["euler", "heun2", "dopri5"].first(where: cut)
    let method = try #require(name)
    configuration.sampler.samplingMethod = method
    configuration.sampler.numSteps = try #require(Int(rest.prefix { $0 != "." }))
    rest = rest.drop { $0 != "." }
    if cut(".cfg") {
      let parts = rest.split(separator: ".t")
      configuration.guidance.scale = try #require(Double(parts[0]))
      let bounds = parts[1].split(separator: "_").compactMap { Double($0) }
      // RAE's file has the data at 0.
      let interval = try TimeConvention.dataAtZero.interval(from: bounds[0], to: bounds[1])
      (configuration.guidance.tMin, configuration.guidance.tMax) = (
        interval.lowerBound, interval.upperBound
      )
    } else if cut(".ag") {
      configuration.guidance.method = "autoguidance"
      configuration.guidance.guide = "guide.safetensors"
      configuration.guidance.scale = try #require(Double(rest))
    }
    return configuration
  }

  @Test func samplesMatch() throws {
    let (z, labels) = (try file.tensor("z"), try file.integers("y"))
    let noise = try file.tensor("sde_noise")
    var count = 0
    for key in file.names {
      guard let configuration = try configuration(key) else { continue }
      count += 1
      let sampler = try configuration.networkSampler()
      let network = try boundNetwork(configuration, labels, times: sampler.evaluationTimes)
      let result = try sampler.sample(
        from: z, through: network,
        stochasticNoise: { noise.samples($0..<$0 + 1).reshaped(z.shape) }, observer: { _ in })
      expectClose(
        result, try file.tensor(key), relativeToMax: sampler.isAdaptive ? 1e-3 : 5e-5,
        "rae_sampling \(key)")
    }
    #expect(count > 0)
  }

  @Test func evaluationTimesMatch() throws {
    let keys = file.names.filter { $0.hasSuffix(".evals_t") }
    #expect(!keys.isEmpty)
    for key in keys {
      let configuration = try #require(
        try configuration(String(key.dropLast(".evals_t".count))))
      let times = try configuration.networkSampler().evaluationTimes
      expectClose(
        times.map { 1 - $0 }, try file.doubles(key), absolute: 1e-6, "rae_sampling \(key)")
    }
  }

  private func boundNetwork(
    _ configuration: RunConfiguration, _ labels: [Int], times: [Double]
  ) throws -> GuidedNetwork {
    try GuidedNetwork(
      model, labels: labels, guidance: try configuration.guidance.resolved(),
      guide: configuration.guidance.guide == nil ? nil : guide,
      guidedChannels: configuration.guidance.channels, times: times)
  }
}

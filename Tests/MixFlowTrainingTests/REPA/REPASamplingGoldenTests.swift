import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// REPA's samplers with the official network and states in double precision, against the official
/// samplers.
@Suite struct REPASamplingGoldenTests {
  private static let convention = TimeConvention.dataAtZero

  /// `em6.cosine.cfg1.8.g0_0.7_f64`: method and steps, path, scale and interval of guidance.
  struct Request {
    let method: REPASampler.Method
    let steps: Int
    let path: PathKind
    let guidance: ClassifierFreeGuidance

    init?(_ key: String) throws {
      let name = key.dropLast("_f64".count)
      let methods: [(String, REPASampler.Method)] = [
        ("euler", .euler), ("heun", .heun), ("em", .eulerMaruyama),
      ]
      guard key.hasSuffix("_f64"),
        let (prefix, method) = methods.first(where: { name.hasPrefix($0.0) }),
        let steps = Int(name.dropFirst(prefix.count).prefix { $0 != "." })
      else { return nil }
      (self.method, self.steps) = (method, steps)
      path = name.contains(".cosine.") ? .gvp : .linear
      var (scale, interval) = (1.0, 0.0...1.0)
      if let range = name.range(of: ".cfg") {
        let numbers = name[range.upperBound...].split(separator: ".g")
        scale = try #require(Double(numbers[0]))
        if numbers.count > 1 {
          let bounds = numbers[1].split(separator: "_").compactMap { Double($0) }
          interval = try convention.interval(from: bounds[0], to: bounds[1])
        }
      }
      guidance = ClassifierFreeGuidance(scale: scale, interval: interval)
    }

    /// The same as settings of a run.
    var configuration: RunConfiguration {
      var configuration = RunConfiguration(.repa)
      configuration.transport.pathType = path.rawValue
      configuration.sampler.mode = method == .eulerMaruyama ? "SDE" : "ODE"
      configuration.sampler.samplingMethod = method == .heun ? "heun" : "euler"
      configuration.sampler.numSteps = steps
      configuration.guidance.scale = guidance.scale
      configuration.guidance.tMin = guidance.interval?.lowerBound ?? 0
      configuration.guidance.tMax = guidance.interval?.upperBound ?? 1
      return configuration
    }
  }

  /// From the settings to the samples, with the noise rounded to float32.
  @Test func configuredSamplesMatch() throws {
    let file = try Fixtures.file("repa/samplers")
    let model = ReversedTime(
      try Fixtures.repa(
        String(try #require(file.metadata["model"]).dropLast(".safetensors".count))),
      prediction: .velocity)
    let (z, labels) = (try file.tensor("z"), try file.integers("y"))
    let noise = try file.doubles("em_noise_f64")
    var count = 0
    for key in file.names {
      guard let configuration = try Request(key)?.configuration else { continue }
      count += 1
      let sampler = try configuration.networkSampler()
      let network = try GuidedNetwork(
        model, labels: labels, guidance: try configuration.guidance.resolved(),
        times: sampler.evaluationTimes)
      let result = try sampler.sample(
        from: z, through: network,
        stochasticNoise: { step in
          Tensor(noise[step * z.count..<(step + 1) * z.count].map { Float($0) }, shape: z.shape)
        }, observer: { _ in })
      expectClose(
        result.scalars, try file.doubles(key), relativeToMax: 1e-4, absolute: 1e-4,
        "repa/samplers wired \(key)")
    }
    #expect(count > 0)
  }

  @Test func samplesMatch() throws {
    let file = try Fixtures.file("repa/samplers")
    let model = try Fixtures.repa(
      String(try #require(file.metadata["model"]).dropLast(".safetensors".count)))
    let (z, labels) = (try file.tensor("z"), try file.integers("y"))
    let noise = try file.doubles("em_noise_f64")
    let nullClass = try #require(model.nullClass)

    /// REPA's velocity by this library's time.
    func velocity(_ x: DoubleBatch, _ t: Double, _ labels: [Int]) -> DoubleBatch {
      Self.convention.velocity(x, t) { x, t in
        DoubleBatch(
          model(
            Variable(constant: x.tensor(sampleShape: model.sampleShape)),
            t: labels.map { _ in Float(t) }, labels: labels
          ).value)
      }
    }
    var count = 0
    for key in file.names {
      guard let request = try Request(key) else { continue }
      count += 1
      let guidance = request.guidance
      let result = try REPASampler(request.method, steps: request.steps, path: request.path.path)
        .sample(
          from: DoubleBatch(z),
          velocity: { x, t, start in
            let conditional = velocity(x, t, labels)
            guard guidance.isActive(at: start) else { return conditional }
            return guidance.combine(
              conditional: conditional,
              unconditional: velocity(x, t, labels.map { _ in nullClass }))
          },
          noise: { x, step in
            let size = x.values.count
            return DoubleBatch(
              Array(noise[step * size..<(step + 1) * size]), sampleCount: x.sampleCount)
          })
      expectClose(
        result.values, try file.doubles(key), relativeToMax: 1e-4, absolute: 1e-4,
        "repa/samplers \(key)")
    }
    #expect(count > 0)
  }
}

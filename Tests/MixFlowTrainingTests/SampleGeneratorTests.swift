import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// Samples that depend on their index and seed alone.
@Suite(.serialized) struct SampleGeneratorTests {
  private let model: SiT

  init() throws {
    let sizes = SiTConfiguration(
      inputSize: 8, patchSize: 2, inChannels: 4, width: 64, depth: 2, heads: 4, classCount: 3)
    model = try SiT(sizes, from: MidTraining())
  }

  static func methods() throws -> [FlowSampler.Method] {
    [
      .ode(.euler, points: 5, tolerance: ErrorTolerance()),
      .ode(.heun2, points: 4, tolerance: ErrorTolerance()),
      .sde(
        .eulerMaruyama, points: 4, try Diffusion(.sigma), .mean, lastStepSize: 0.04),
    ]
  }

  @Test(arguments: [1, 1.5])
  func batchesDoNotMatter(scale: Double) throws {
    for method in try Self.methods() {
      let generator = try generator(method, scale: scale)
      let labels = [0, 1, 2, 0, 1]
      let together = try generator.samples(from: 10, labels: labels)
      for (place, label) in labels.enumerated() {
        let alone = try generator.samples(from: 10 + place, labels: [label])
        #expect(alone == together.samples(place..<place + 1), "\(method) sample \(place)")
      }
    }
  }

  /// REPA's sampler, with guidance at some of its times, decided by the start of a step.
  @Test(arguments: REPASampler.Method.allCases)
  func batchesDoNotMatterToREPA(method: REPASampler.Method) throws {
    let generator = SampleGenerator(
      model: model, sampler: try REPASampler(method, steps: 5),
      guidance: ClassifierFreeGuidance(scale: 2, interval: 0.3...0.7), seed: 0)
    let labels = [0, 1, 2]
    let together = try generator.samples(from: 4, labels: labels)
    for (place, label) in labels.enumerated() {
      let alone = try generator.samples(from: 4 + place, labels: [label])
      #expect(alone == together.samples(place..<place + 1), "sample \(place)")
    }
  }

  /// A model that guides itself changes nothing, and another does.
  @Test func autoguidanceGuidesAwayFromAnotherModel() throws {
    func samples(guide: (any ClassConditionalModel)?, scale: Double) throws -> Tensor {
      try SampleGenerator(
        model: model,
        sampler: try FlowSampler(
          intervals: TimeIntervals(path: .linear, prediction: .velocity),
          method: Self.methods()[0]),
        guidance: ClassifierFreeGuidance(scale: scale), guide: guide, seed: 0
      ).samples(from: 0, labels: [0, 1])
    }
    let plain = try samples(guide: nil, scale: 1)
    expectClose(try samples(guide: model, scale: 2), plain, relativeToMax: 1e-5)
    let other = try SiT(model.configuration, from: RandomParameters(seed: 1))
    #expect(relativeL2(try samples(guide: other, scale: 2), plain) > 1e-2)
  }

  @Test func anAdaptiveSolverReportsNaNs() throws {
    let broken = try SiT(model.configuration, from: NaNs())
    let sampler = try FlowSampler(
      intervals: TimeIntervals(path: .linear, prediction: .velocity),
      method: .ode(.dopri5, points: 2, tolerance: ErrorTolerance()))
    let generator = SampleGenerator(
      model: broken, sampler: sampler, guidance: ClassifierFreeGuidance(scale: 1.5), seed: 0)
    #expect(throws: TransportError.self) { try generator.samples(from: 0, labels: [0, 1]) }
  }

  @Test func threadsDoNotMatter() throws {
    let generator = try generator(Self.methods()[1], scale: 2)
    let threads = Parallelism.threads
    defer { Parallelism.threads = threads }
    let results = try [1, 2, 3].map { count in
      Parallelism.threads = count
      return try generator.samples(from: 0, labels: [0, 1, 2])
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test(arguments: [1, 1.5])
  func preparingTimesTogetherChangesNothing(scale: Double) throws {
    let labels = [0, 1, 2, 0, 1]
    var generator = Philox(seed: 3)
    let noise = Tensor(normal: [labels.count] + model.sampleShape, using: &generator)
    // More times than a window holds, and guidance at some of them.
    let methods = try Self.methods() + [.ode(.euler, points: 60, tolerance: ErrorTolerance())]
    for method in methods {
      let sampler = try FlowSampler(
        intervals: TimeIntervals(path: .linear, prediction: .velocity), method: method)
      let results = try [[], sampler.evaluationTimes].map { times in
        let network = try GuidedNetwork(
          model, labels: labels,
          guidance: ClassifierFreeGuidance(scale: scale, interval: 0.2...0.7), guidedChannels: 3,
          times: times)
        return try sampler.sample(
          from: noise, network: network.callAsFunction, stochasticNoise: { x, _ in x })
      }
      #expect(results[0] == results[1], "\(method)")
    }
  }

  @Test func evaluationTimesAreThoseOfTheSolver() throws {
    let intervals = try TimeIntervals(path: .linear, prediction: .velocity)
    let adaptive = FlowSampler.Method.ode(.dopri5, points: 2, tolerance: ErrorTolerance())
    #expect(try FlowSampler(intervals: intervals, method: adaptive).evaluationTimes == [])
    for method in try Self.methods() {
      let sampler = try FlowSampler(intervals: intervals, method: method)
      var times: [Double] = []
      _ = try sampler.sample(
        from: Tensor(zeros: [1] + model.sampleShape),
        network: { x, t in
          times.append(t)
          return x
        }, stochasticNoise: { x, _ in x })
      #expect(!times.isEmpty && sampler.evaluationTimes == times, "\(method)")
    }
  }

  @Test func seedsAndIndicesMatter() throws {
    let first = try generator(Self.methods()[0], scale: 1).samples(from: 0, labels: [0])
    #expect(try generator(Self.methods()[0], scale: 1).samples(from: 1, labels: [0]) != first)
    #expect(
      try generator(Self.methods()[0], scale: 1, seed: 1).samples(from: 0, labels: [0]) != first)
  }

  @Test func refusesUnknownClasses() throws {
    let generator = try generator(Self.methods()[0], scale: 1)
    #expect(throws: SamplingError.unknownClass(4, count: 3)) {
      try generator.samples(from: 0, labels: [4])
    }
  }

  @Test func refusesGuidanceWithoutNullClass() throws {
    let sizes = SiTConfiguration(
      inputSize: 8, patchSize: 2, width: 16, depth: 1, heads: 2, classCount: 3,
      hasNullClass: false)
    let model = try SiT(sizes, from: MidTraining())
    #expect(throws: SamplingError.noNullClass) {
      try GuidedNetwork(model, labels: [0], guidance: ClassifierFreeGuidance(scale: 2))
    }
  }

  private func generator(
    _ method: FlowSampler.Method, scale: Double, seed: UInt64 = 0
  ) throws -> SampleGenerator {
    SampleGenerator(
      model: model,
      sampler: try FlowSampler(
        intervals: TimeIntervals(path: .linear, prediction: .velocity), method: method),
      guidance: ClassifierFreeGuidance(scale: scale), guidedChannels: 3, seed: seed)
  }
}

/// The weights of a run that went wrong.
private final class NaNs: ParameterSource {
  func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
    Tensor(repeating: .nan, shape: shape)
  }
}

/// Random weights everywhere, so that no part of a fresh model's zeros hides a dependence.
private final class MidTraining: ParameterSource {
  private let source = RandomParameters(seed: 7)

  func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
    source.value(for: key, shape: shape, initializer: .normal(deviation: 0.2))
  }
}

import Foundation
import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct TimeSamplerTests {
  static let samplers: [TimeSampler] = [
    .uniform, .beta21, .logitNormal(mean: 0, standardDeviation: 1),
    .logitNormal(mean: -0.4, standardDeviation: 1.3), .logTangentNormal,
  ]

  @Test(arguments: samplers, [0...1, 0.001...0.999, 0.25...0.6])
  func staysInsideItsInterval(sampler: TimeSampler, interval: ClosedRange<Double>) {
    let quantiles = [0, 1e-12, 0.1, 0.5, 0.9, 1 - 0x1p-53]
    let times = quantiles.map { sampler.time(at: $0, in: interval) }
    #expect(times.allSatisfy(interval.contains))
    #expect(times == times.sorted())
    expectClose(times[0], interval.lowerBound, absolute: 1e-12)
  }

  @Test(arguments: [0...1, 0.25...0.6])
  func beta21InvertsItsDistribution(interval: ClosedRange<Double>) {
    let (low, high) = (interval.lowerBound, interval.upperBound)
    for u in stride(from: 0.0, to: 1, by: 0.05) {
      let t = TimeSampler.beta21.time(at: u, in: interval)
      expectClose((t * t - low * low) / (high * high - low * low), u, absolute: 1e-14)
    }
  }

  @Test(arguments: [PathKind.linear, .gvp])
  func logNormalNoiseIsLogNormal(kind: PathKind) throws {
    let sampler = try TimeSampler.logNormalNoise(on: kind)
    // The probabilities of a standard normal number below −2, −1, 0, 1 and 2.
    let quantiles = [
      0.022750131948179, 0.158655253931457, 0.5, 0.841344746068543, 0.977249868051821,
    ]
    let logs = quantiles.map { u in
      let t = sampler.time(at: u)
      return log(kind.path.alpha(t) / kind.path.sigma(t))
    }
    expectClose(logs, [-2, -1, 0, 1, 2], absolute: 1e-9)
  }

  @Test func logNormalNoiseNeedsAPathOfREPA() {
    #expect(throws: TransportError.self) { try TimeSampler.logNormalNoise(on: .vp) }
  }

  @Test func logitNormalHasItsMoments() {
    var generator = SplitMix64(seed: 1)
    let sampler = TimeSampler.logitNormal(mean: 0.4, standardDeviation: 1.3)
    let logits = (0..<200_000).map { _ in
      let t = sampler.sample(using: &generator)
      return log(t / (1 - t))
    }
    expectClose(mean(logits), 0.4, absolute: 0.015)
    expectClose(covariance(logits, logits), 1.69, absolute: 0.03)
  }

  @Test(arguments: [1e-300, 1e-30, 1e-9, 0.001, 0.02425, 0.3, 0.5, 0.8, 0.999])
  func normalQuantileInvertsTheProbability(p: Double) {
    let z = NormalDistribution.quantile(p)
    expectClose(NormalDistribution.probability(below: z), p, relativeToMax: 1e-12)
  }

  @Test func normalQuantileKnowsItsEnds() {
    #expect(NormalDistribution.quantile(0) == -.infinity)
    #expect(NormalDistribution.quantile(1) == .infinity)
    expectClose(NormalDistribution.quantile(0.975), 1.959963984540054, absolute: 1e-14)
    expectClose(NormalDistribution.quantile(1e-10), -6.361340902404056, absolute: 1e-13)
  }

  @Test func uniformUsesTheTopBits() {
    struct Constant: RandomNumberGenerator {
      let bits: UInt64
      func next() -> UInt64 { bits }
    }
    var most = Constant(bits: .max)
    var half = Constant(bits: 1 << 63)
    var least = Constant(bits: (1 << 11) - 1)
    #expect(most.uniform() == 1 - 0x1p-53)
    #expect(half.uniform() == 0.5)
    #expect(least.uniform() == 0)
  }

  @Test func readsItsNames() throws {
    #expect(try TimeSampler(parsing: "uniform") == .uniform)
    #expect(try TimeSampler(parsing: "beta_2_1") == .beta21)
    #expect(
      try TimeSampler(parsing: TimeSampler.logTangentNormal.description) == .logTangentNormal)
    let logitNormal = TimeSampler.logitNormal(mean: 0.4, standardDeviation: 1.3)
    #expect(try TimeSampler(parsing: "logit-normal_0.4_1.3") == logitNormal)
    #expect(try TimeSampler(parsing: logitNormal.description) == logitNormal)
    let mirrored = try TimeSampler(parsing: "logit-normal_-0.4_1.3", convention: .dataAtZero)
    #expect(mirrored == logitNormal)
  }

  @Test(arguments: [
    "", "beta", "beta_1_2", "uniform_0_1", "logit-normal", "logit-normal_0", "logit-normal_a_1",
    "logit-normal_0_0", "logit-normal_0_-1", "logit-normal_nan_1", "logit-normal_0_1_2",
  ])
  func refusesOtherNames(text: String) {
    #expect(throws: TransportError.self) { try TimeSampler(parsing: text) }
  }

  @Test func unknownNamesAreAnsweredWithTheKnownOnes() {
    let error = #expect(throws: TransportError.self) { try TimeSampler(parsing: "lognormal_0_1") }
    #expect(error?.description.contains("uniform, beta_2_1, logit-normal_<mean>") == true)
  }
}

import MixFlowTestSupport
import MixFlowTransport
import Testing

/// The closed forms of MixFlow's law against a million draws; a standard error is below 3e-4.
@Suite struct MixFlowTimestepSamplerTests {
  private func draws(_ sampler: MixFlowTimestepSampler) -> (t: [Double], m: [Double]) {
    var generator = SplitMix64(seed: 20_251_219)
    let pairs = (0..<1_000_000).map { _ in sampler.sample(using: &generator) }
    return (pairs.map(\.t), pairs.map(\.m))
  }

  @Test(arguments: [0, 0.4, 0.8, 1])
  func followsTheClosedForms(gamma: Double) throws {
    let (t, m) = draws(try MixFlowTimestepSampler(gamma: gamma))
    expectClose(mean(t), 2.0 / 3, absolute: 1e-3)
    expectClose(covariance(t, t), 1.0 / 18, absolute: 3e-4)
    #expect(kolmogorovDistance(t) { $0 * $0 } < 2e-3)

    let meanM = 2.0 / 3 * (1 - gamma / 2)
    let squareM = (1 - gamma + gamma * gamma / 3) / 2
    expectClose(mean(m), meanM, absolute: 1e-3)
    expectClose(mean(m.map { $0 * $0 }), squareM, absolute: 1e-3)
    expectClose(covariance(t, m), (1 - gamma / 2) / 2 - 2.0 / 3 * meanM, absolute: 3e-4)
    // m alone is triangular on [0, 1] with its mode at 1 − γ.
    let mode = 1 - gamma
    #expect(
      kolmogorovDistance(m) { $0 < mode ? $0 * $0 / mode : 1 - (1 - $0) * (1 - $0) / gamma } < 2e-3)
    #expect(zip(t, m).allSatisfy { 0 <= $1 && $1 <= $0 })
  }

  @Test(arguments: [(1, 0.5), (0.8, 0.654), (0.4, 0.918)])
  func correlatesAsTabulated(gamma: Double, expected: Double) throws {
    let (t, m) = draws(try MixFlowTimestepSampler(gamma: gamma))
    expectClose(correlation(t, m), expected, absolute: 2e-3)
  }

  @Test func placeInTheRangeIsUniformWhateverTheTime() throws {
    let gamma = 0.8
    let (t, m) = draws(try MixFlowTimestepSampler(gamma: gamma))
    let places = zip(t, m).map { (1 - $1 / $0) / gamma }
    #expect(kolmogorovDistance(places) { $0 } < 2e-3)
    expectClose(correlation(t, places), 0, absolute: 4e-3)
  }

  @Test func vanishingRangeClosesAtTheData() throws {
    let sampler = try MixFlowTimestepSampler(gamma: 0.8, range: .vanishing)
    let (t, m) = draws(sampler)
    // E[m] = E[t] − (γ/2) E[t (1 − t)].
    expectClose(mean(m), 2.0 / 3 - 0.4 * (2.0 / 3 - 0.5), absolute: 1e-3)
    #expect(zip(t, m).allSatisfy { 0 <= $1 && $1 <= $0 && $1 >= $0 * (1 - 0.8 * (1 - $0)) - 1e-15 })
    #expect(sampler.timesteps(u: 1, v: 0.9) == sampler.timesteps(u: 1, v: 0))
  }

  @Test(arguments: MixtureRange.allCases)
  func withoutARangeTheInputIsAtTheTimeItself(range: MixtureRange) throws {
    let sampler = try MixFlowTimestepSampler(gamma: 0, base: .uniform, range: range)
    for u in [0, 0.3, 0.999] {
      let pair = sampler.timesteps(u: u, v: 0.7)
      #expect(pair.t == u)
      #expect(pair.m == u)
    }
  }

  @Test func gammaDoesNotMoveTheTimes() throws {
    let plain = draws(try MixFlowTimestepSampler(gamma: 0)).t
    #expect(draws(try MixFlowTimestepSampler(gamma: 1)).t == plain)
  }

  @Test func shiftComesBeforeTheSlowing() throws {
    let shift = try TimeShift(factor: 3)
    let sampler = try MixFlowTimestepSampler(gamma: 0.5, shift: shift)
    let pair = sampler.timesteps(u: 0.25, v: 0.6)
    expectClose(pair.t, shift(0.5), absolute: 1e-15)
    expectClose(pair.m, shift(0.5) * 0.7, absolute: 1e-15)
  }

  @Test func truncatedTimesStayInside() throws {
    let interval = 0.001...0.999
    let sampler = try MixFlowTimestepSampler(gamma: 1, interval: interval)
    #expect(sampler.timesteps(u: 0, v: 0).t == 0.001)
    #expect(interval.contains(sampler.timesteps(u: 1 - 0x1p-53, v: 0).t))
  }

  @Test(arguments: [-0.1, 1.1, .nan, .infinity])
  func refusesOtherRanges(gamma: Double) {
    let error = #expect(throws: TransportError.self) { try MixFlowTimestepSampler(gamma: gamma) }
    #expect(error?.description == "gamma is \(gamma); it must be in [0, 1]")
  }

  @Test(arguments: [-0.5...1, 0...1.5])
  func refusesIntervalsBeyondTheAxis(interval: ClosedRange<Double>) {
    #expect(throws: TransportError.self) {
      try MixFlowTimestepSampler(gamma: 0.4, interval: interval)
    }
  }
}

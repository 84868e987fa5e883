import MixFlowTestSupport
import MixFlowTransport
import Testing

/// What the golden files do not hold: derivatives, respacings, and where sampling must arrive.
@Suite struct GaussianDiffusionTests {
  /// Small chains have large steps, so each term of the loss matters.
  @Test(arguments: [20, 1000])
  func theLossHasItsDerivative(steps: Int) throws {
    let diffusion = try GaussianDiffusion(linearSteps: steps)
    var generator = SplitMix64(seed: 3)
    // All three kinds of bins of step 0, two of later steps.
    let data = DoubleBatch(
      [-1.4, -0.3, 0.2, 1.3, -1, 0.5, 0.9, 2], sampleCount: 2)
    let noise = DoubleBatch((0..<8).map { _ in generator.uniform() - 0.5 }, sampleCount: 2)
    let output = DoubleBatch((0..<16).map { _ in 2 * generator.uniform() - 1 }, sampleCount: 2)
    for t in [[0, 1], [5, steps - 1]] {
      func losses(_ output: DoubleBatch) -> DiffusionLosses {
        diffusion.losses(output: output, data: data, noise: noise, t: t)
      }
      let found = losses(output).gradient.values
      #expect(found.contains { abs($0) > 1e-6 })
      for index in output.values.indices {
        let isNoise = index % 8 < 4
        let step = 1e-5
        let ends = [step, -step].map { step in
          var moved = output
          moved.values[index] += step
          // The bound takes the noise for a constant.
          let terms = losses(moved)
          return (isNoise ? terms.squaredErrors : terms.bounds).reduce(0, +)
        }
        expectClose(
          found[index], (ends[0] - ends[1]) / (2 * step), relativeToMax: 1e-5, absolute: 1e-8,
          "t \(t), output \(index)")
      }
    }
  }

  /// With the noise that was mixed in as the network's answer, every method must find the data.
  @Test(arguments: [GaussianDiffusion.Method.ancestral, .ddim(eta: 0), .ddim(eta: 0.7)])
  func samplingFindsTheData(method: GaussianDiffusion.Method) throws {
    let diffusion = try GaussianDiffusion(respacing: .sections([50]))
    let whole = try GaussianDiffusion()
    let data = DoubleBatch([0.3, -0.8, 1.2, 0], sampleCount: 2)
    var generator = SplitMix64(seed: 5)
    let result = try diffusion.sample(
      from: DoubleBatch([1, -0.4, 0.2, -1.3], sampleCount: 2), by: method,
      network: { x, step in
        let level = whole.signalLevels[step]
        let noise = DoubleBatch.combination([
          (1 / (1 - level).squareRoot(), x),
          (-(level / (1 - level)).squareRoot(), data),
        ])
        return DoubleBatch(
          noise.values[..<2] + [0, 0] + noise.values[2...] + [0, 0], sampleCount: 2)
      },
      noise: { x, _ in
        DoubleBatch(x.values.map { _ in generator.uniform() - 0.5 }, sampleCount: 2)
      })
    expectClose(result.values, data.values, absolute: 1e-6)
  }

  @Test func readsRespacings() throws {
    #expect(try Respacing(parsing: "") == .all)
    #expect(try Respacing(parsing: "250") == .sections([250]))
    #expect(try Respacing(parsing: "ddim50") == .strided(50))
    #expect(try Respacing(parsing: "2,3").steps(of: 11) == [0, 5, 6, 8, 10])
    #expect(try Respacing(parsing: "ddim4").steps(of: 10) == [0, 3, 6, 9])
    #expect(try Respacing(parsing: "1").steps(of: 10) == [0])
    #expect(try Respacing.strided(50).steps(of: 1000) == Array(stride(from: 0, to: 1000, by: 20)))
  }

  @Test(arguments: ["x", "ddim", "ddim2,3", "-5", "0", "10,,3", "3.5"])
  func refusesRespacings(text: String) {
    #expect(throws: TransportError.self) { try Respacing(parsing: text) }
  }

  @Test func refusesStepsThatTheChainDoesNotHave() {
    #expect(throws: TransportError.self) { try Respacing.strided(7).steps(of: 10) }
    #expect(throws: TransportError.self) { try Respacing.sections([6, 6]).steps(of: 10) }
    #expect(throws: TransportError.self) { try Respacing.sections([1, 1, 1]).steps(of: 2) }
    #expect(throws: TransportError.self) { try GaussianDiffusion(linearSteps: 1) }
    #expect(throws: TransportError.self) { try GaussianDiffusion(respacing: .sections([1])) }
  }
}

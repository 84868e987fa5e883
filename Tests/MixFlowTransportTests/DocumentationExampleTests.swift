import MixFlowTestSupport
import MixFlowTransport
import Testing

/// The example of the module's page, and those of docs/EXTENDING.md about paths and solvers.
@Suite struct DocumentationExampleTests {
  @Test func runs() throws {
    let noise = DoubleBatch([0.5, -1, 2, 0.1], sampleCount: 2)
    let data = DoubleBatch([3, 3, 3, 3], sampleCount: 2)

    let timesteps = try MixFlowTimestepSampler(gamma: 0.8)
    var generator = SystemRandomNumberGenerator()
    let times = (0..<2).map { _ in timesteps.sample(using: &generator) }
    let example = Objective().example(x0: noise, x1: data, t: times.map(\.t), m: times.map(\.m))
    // Regress network(example.input, example.t) on example.target.

    let samples = try SolverKind.heun2.solver().solve(from: noise, over: TimeGrid(points: 11)) {
      x, t in example.target  // your network
    }
    expectClose(samples.values, data.values, absolute: 1e-12)
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowTransport/Documentation.docc/MixFlowTransport.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

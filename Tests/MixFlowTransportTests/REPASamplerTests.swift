import MixFlowTestSupport
import MixFlowTransport
import Testing

/// How REPA's samplers differ from SiT's; `REPASamplingGoldenTests` has the network.
@Suite struct REPASamplerTests {
  @Test func scoresAreREPAs() throws {
    let file = try Fixtures.file("repa/samplers")
    let convention = TimeConvention.dataAtZero
    let t = try file.doubles("sfv_t").map(convention.convert)
    // REPA's velocity is by its own time.
    let velocity = try file.vector("sfv_v").scaled(by: -1)
    let keys = file.names.filter { $0.hasPrefix("score_from_velocity.") }
    #expect(!keys.isEmpty)
    for key in keys {
      let path = try PathKind(parsing: String(key.drop { $0 != "." }.dropFirst())).path
      let score = Prediction.velocity.convert(
        velocity, to: .score, x: try file.vector("z"), t: t, along: path)
      expectClose(score.scalars, try file.doubles(key), relativeToMax: 1e-5, key)
    }
  }

  @Test(arguments: [
    (REPASampler.Method.euler, 4, [0, 0.25, 0.5, 0.75], [0, 0.25, 0.5, 0.75]),
    (.heun, 3, [0, 1.0 / 3, 1.0 / 3, 2.0 / 3, 2.0 / 3], [0, 0, 1.0 / 3, 1.0 / 3, 2.0 / 3]),
    (.eulerMaruyama, 4, [0, 0.32, 0.64, 0.96], [0, 0.32, 0.64, 0.96]),
  ])
  func asksAtItsTimes(
    method: REPASampler.Method, steps: Int, times: [Double], starts: [Double]
  ) throws {
    var asked: (times: [Double], starts: [Double], noises: [Int], ends: [Double]) = ([], [], [], [])
    _ = try REPASampler(method, steps: steps).sample(
      from: DoubleBatch([1, 2], sampleCount: 1),
      velocity: { x, t, start in
        asked.times.append(t)
        asked.starts.append(start)
        return x
      },
      noise: { x, index in
        asked.noises.append(index)
        return x
      }, observer: { asked.ends.append($0.time) })
    expectClose(asked.times, times, absolute: 1e-12)
    expectClose(asked.starts, starts, absolute: 1e-12)
    #expect(asked.noises == (method == .eulerMaruyama ? Array(0..<steps - 1) : []))
    #expect(asked.ends.count == steps)
    expectClose(try #require(asked.ends.last), 1, absolute: 1e-12)
  }

  @Test func refusesStepsAndNames() throws {
    #expect(throws: TransportError.self) { try REPASampler(.euler, steps: 0) }
    #expect(throws: TransportError.self) { try REPASampler(.eulerMaruyama, steps: 2) }
    #expect(try REPASampler.Method(parsing: "sde") == .eulerMaruyama)
    #expect(throws: TransportError.self) { try REPASampler.Method(parsing: "heun3") }
  }

  /// `guidance_high` 0.7 of REPA is 0.30000000000000004 here, and its grid has 0.3.
  @Test func boundsOfTheOtherAxisAreInside() throws {
    let interval = try TimeConvention.dataAtZero.interval(from: 0.1, to: 0.7)
    let guidance = ClassifierFreeGuidance(scale: 2, interval: interval)
    #expect(guidance.isActive(at: 0.3) && guidance.isActive(at: 0.9))
    #expect(!guidance.isActive(at: 0.2999) && !guidance.isActive(at: 0.9001))
  }
}

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

  /// When a sampler of some steps calls the network, and when those steps began.
  struct Calls: Sendable {
    let method: REPASampler.Method
    let steps: Int
    let times: [Double]
    let starts: [Double]
  }

  static let calls = [
    Calls(method: .euler, steps: 4, times: [0, 0.25, 0.5, 0.75], starts: [0, 0.25, 0.5, 0.75]),
    Calls(method: .heun, steps: 2, times: [0, 0.5, 0.5], starts: [0, 0, 0.5]),
    Calls(
      method: .eulerMaruyama, steps: 4, times: [0, 0.32, 0.64, 0.96], starts: [0, 0.32, 0.64, 0.96]),
  ]

  @Test(arguments: calls)
  func asksAtItsTimes(calls: Calls) throws {
    let (method, steps) = (calls.method, calls.steps)
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
    expectClose(asked.times, calls.times, absolute: 1e-12)
    expectClose(asked.starts, calls.starts, absolute: 1e-12)
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

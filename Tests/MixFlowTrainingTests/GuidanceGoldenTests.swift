import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// Guidance of RAE's two models as their `forward_with_cfg` and `forward_with_autoguidance` do it.
@Suite struct GuidanceGoldenTests {
  @Test(arguments: try ModelFixture.all(matching: "models/ddt_", holding: "cfg_out."))
  func classifierFreeGuidanceOfDiTDH(fixture: ModelFixture) throws {
    let model = try Fixtures.ditDH(fixture.weights)
    let io = try Fixtures.file(fixture.io)
    for name in io.names where name.hasPrefix("cfg_out.") || name.hasPrefix("cfgv_out.") {
      let (x, labels) = (try io.tensor("cfg_x"), try io.integers("cfg_y"))
      let varies = name.hasPrefix("cfgv")
      let times = try io.tensor(varies ? "cfgv_t" : "cfg_t").array
      let guidance = ClassifierFreeGuidance(
        scale: try scale(name), interval: varies ? try interval(io) : nil)
      let half = x.shape[0] / 2
      let states = Tensor.concatenation([x.samples(0..<half), x.samples(0..<half)])
      let output = model(Variable(constant: states), t: times, labels: labels).value
      let guided = (0..<half).map { sample in
        let conditional = output.samples(sample..<sample + 1)
        guard guidance.isActive(at: time(times[sample])) else { return conditional }
        let other = half + sample
        return guidance.combine(
          conditional: conditional, unconditional: output.samples(other..<other + 1))
      }
      expectClose(
        .concatenation(guided + guided), try io.tensor(name), relativeToMax: 2e-5,
        "\(fixture.folder) \(name)")
    }
  }

  @Test(arguments: try ModelFixture.all(matching: "models/ddt_", holding: "ag_out."))
  func autoGuidanceOfDiTDH(fixture: ModelFixture) throws {
    let model = try Fixtures.ditDH(fixture.weights)
    let guide = try Fixtures.ditDH("\(fixture.folder)/guide_weights")
    let io = try Fixtures.file(fixture.io)
    let (x, labels) = (Variable(constant: try io.tensor("ag_x")), try io.integers("cfg_y"))
    let times = try io.tensor("cfgv_t").array
    let main = model(x, t: times, labels: labels).value
    let weak = guide(x, t: times, labels: labels).value
    expectClose(weak, try io.tensor("ag_guide_out"), relativeToMax: 2e-5, "\(fixture.folder) guide")
    for name in io.names where name.hasPrefix("ag_out.") || name.hasPrefix("agv_out.") {
      let guidance = AutoGuidance(
        scale: try scale(name), interval: name.hasPrefix("agv") ? try interval(io) : nil)
      let guided = (0..<x.shape[0]).map { sample in
        let strong = main.samples(sample..<sample + 1)
        guard guidance.isActive(at: time(times[sample])) else { return strong }
        return guidance.combine(main: strong, guide: weak.samples(sample..<sample + 1))
      }
      expectClose(
        .concatenation(guided), try io.tensor(name), relativeToMax: 2e-5,
        "\(fixture.folder) \(name)")
    }
  }

  @Test(arguments: try ModelFixture.all(matching: "models/ldit_", holding: "cfg_out."))
  func classifierFreeGuidanceOfLightningDiT(fixture: ModelFixture) throws {
    let model = try Fixtures.lightningDiT(fixture.weights)
    let io = try Fixtures.file(fixture.io)
    let (x, labels) = (try io.tensor("cfg_x"), try io.integers("cfg_y"))
    let times = try io.tensor("cfg_t").array
    let half = x.shape[0] / 2
    let states = Tensor.concatenation([x.samples(0..<half), x.samples(0..<half)])
    let output = model(Variable(constant: states), t: times, labels: labels).value
    let t = Double(times[0])
    for name in io.names where name.hasPrefix("cfg_out.") {
      let schedule = GuidanceSchedule(
        scale: try scale(name), scaleInside: name.hasSuffix("_icfg2") ? 2 : 0,
        intervals: name.contains("inside") ? [0..<0.01, t..<1] : [0..<t])
      let guided = ClassifierFreeGuidance(scale: schedule.scale(at: t)).combine(
        conditional: output.samples(0..<half), unconditional: output.samples(half..<2 * half))
      expectClose(
        .concatenation([guided, guided]), try io.tensor(name), relativeToMax: 2e-5,
        "\(fixture.folder) \(name)")
    }
  }

  @Test(arguments: try ModelFixture.all(matching: "models/ldit_", holding: "ag_out."))
  func autoGuidanceOfLightningDiT(fixture: ModelFixture) throws {
    let model = try Fixtures.lightningDiT(fixture.weights)
    let guide = try Fixtures.lightningDiT("\(fixture.folder)/guide_weights")
    let io = try Fixtures.file(fixture.io)
    let x = try io.tensor("cfg_x")
    let half = x.shape[0] / 2
    let states = Variable(constant: x.samples(0..<half))
    let times = Array(try io.tensor("cfg_t").array[..<half])
    let labels = Array(try io.integers("cfg_y")[..<half])
    let main = model(states, t: times, labels: labels).value
    let weak = guide(states, t: times, labels: labels).value
    for name in io.names where name.hasPrefix("ag_out.") {
      let guided = AutoGuidance(scale: try scale(name)).combine(main: main, guide: weak)
      expectClose(
        .concatenation([guided, guided]), try io.tensor(name), relativeToMax: 2e-5,
        "\(fixture.folder) \(name)")
    }
  }

  /// RAE's time, with data at 0, in ours.
  private func time(_ t: Float) -> Double { TimeConvention.dataAtZero.convert(Double(t)) }

  private func interval(_ io: SafeTensorsFile) throws -> ClosedRange<Double> {
    let bounds = try io.tensor("cfgv_interval").array.map(Double.init)
    return try TimeConvention.dataAtZero.interval(from: bounds[0], to: bounds[1])
  }

  /// The scale in a name such as `cfg_out.s1.5.inside`.
  private func scale(_ name: String) throws -> Double {
    let match = try #require(name.firstMatch(of: /\.s(\d+(\.\d+)?)/), "\(name)")
    return try #require(Double(match.output.1))
  }
}

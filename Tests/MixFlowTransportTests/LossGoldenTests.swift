import MixFlowCheckpoint
import MixFlowTestSupport
import MixFlowTransport
import Testing

/// The losses of SiT, RAE and MixFlow for networks' answers that the fixtures hold.
@Suite struct LossGoldenTests {
  @Test func lossesAreSiTs() throws {
    try checkLosses("transport/sit_training_losses", convention: .dataAtOne)
  }

  @Test func lossesAreRAEs() throws {
    try checkLosses("transport/rae_training_losses", convention: .dataAtZero)
  }

  private func checkLosses(_ name: String, convention: TimeConvention) throws {
    let file = try Fixtures.file(name)
    let t = try file.doubles("t").map(convention.convert)
    let (x0, x1) = (try file.vector("x0"), try file.vector("x1"))
    let keys = file.names.filter { $0.hasPrefix("loss.") }
    #expect(!keys.isEmpty)
    for key in keys {
      // loss.<path>.<prediction>.<weight>
      let fields = key.split(separator: ".").map(String.init)
      let kind = try PathKind(parsing: fields[1])
      let prediction = try Prediction(parsing: fields[2])
      let weight = try LossWeight(parsing: fields[3])
      // RAE's w is −w of SiT's, and so is its likelihood weight; on VP its drift is on SiT's axis.
      let isMirrored = convention == .dataAtZero
      guard !isMirrored || weight == .none || kind != .vp else { continue }
      let sign: Double = isMirrored && weight == .likelihood ? -1 : 1
      var output = try file.vector("pred.\(fields[1])")
      if isMirrored && prediction == .velocity { output = output.scaled(by: -1) }
      let example = Objective(
        path: kind.pathMeant(by: convention), prediction: prediction, lossWeight: weight
      ).example(x0: x0, x1: x1, t: t, m: t)
      let actual = losses(of: output, example).map { sign * $0 }
      for (a, e) in zip(actual, try file.doubles(key)) {
        expectClose(a, e, relativeToMax: 1e-4, key)
      }
    }
  }

  @Test func timestepsAreMixFlowsOnSiT() throws {
    let file = try Fixtures.file("mixflow/sit")
    let keys = file.names.filter { $0.hasSuffix(".mt") }
    #expect(!keys.isEmpty)
    for key in keys {
      // <path>.g<gamma>.mt
      let prefix = String(key.dropLast(3))
      let path = try PathKind(parsing: String(prefix.prefix { $0 != "." }))
      let gamma = try #require(Double(prefix.drop { $0 != "g" }.dropFirst()))
      let end = try TimeIntervals(path: path, prediction: .velocity).training.upperBound
      // The fixture scales u to the interval before the root, here the interval bounds the root.
      let sampler = try MixFlowTimestepSampler(gamma: gamma, interval: 0...end.squareRoot())
      try checkTimesteps(sampler, file, prefix, convention: .dataAtOne)
    }
  }

  @Test func timestepsAreMixFlowsOnRAE() throws {
    let file = try Fixtures.file("mixflow/rae")
    let keys = file.names.filter { $0.hasSuffix(".mt") }
    #expect(!keys.isEmpty)
    for key in keys {
      // <path>.g<gamma>.shift<factor>.mt
      let prefix = String(key.dropLast(3))
      let path = try PathKind(parsing: String(prefix.prefix { $0 != "." }))
      let shiftPlace = try #require(prefix.range(of: ".shift"))
      let gamma = try #require(
        Double(prefix[..<shiftPlace.lowerBound].drop { $0 != "g" }.dropFirst()))
      let isShifted = prefix.hasSuffix("6.9282")
      let intervals = try TimeIntervals(path: path, prediction: .velocity, end: 0.999)
      let sampler = try MixFlowTimestepSampler(
        gamma: gamma, shift: isShifted ? TimeShift(dimension: 196_608) : .none,
        interval: 0...intervals.training.upperBound.squareRoot())
      try checkTimesteps(sampler, file, prefix, convention: .dataAtZero)
    }
  }

  private func checkTimesteps(
    _ sampler: MixFlowTimestepSampler, _ file: SafeTensorsFile, _ prefix: String,
    convention: TimeConvention
  ) throws {
    let pairs = zip(try file.doubles("u"), try file.doubles("u2"))
      .map { sampler.timesteps(u: $0, v: $1) }
    expectClose(
      pairs.map { convention.convert($0.t) }, try file.doubles("\(prefix).t"), absolute: 1e-6,
      "\(prefix).t")
    expectClose(
      pairs.map { convention.convert($0.m) }, try file.doubles("\(prefix).mt"), absolute: 1e-6,
      "\(prefix).mt")
  }

  @Test(arguments: [
    ("mixflow/sit", "Linear.g0.4", TimeConvention.dataAtOne),
    ("mixflow/rae", "Linear.g0.4.shift1.0000", .dataAtZero),
  ])
  func exampleIsMixFlows(name: String, key: String, convention: TimeConvention) throws {
    let file = try Fixtures.file(name)
    let sign: Double = convention == .dataAtOne ? 1 : -1
    let example = Objective().example(
      x0: try file.vector("x0"), x1: try file.vector("x1"),
      t: try file.doubles("\(key).t").map(convention.convert),
      m: try file.doubles("\(key).mt").map(convention.convert))
    expectClose(example.input.scalars, try file.doubles("\(key).xt"), relativeToMax: 1e-6, "xt")
    expectClose(
      example.target.scalars.map { sign * $0 }, try file.doubles("\(key).ut"),
      relativeToMax: 1e-6, "ut")
    let output = try file.vector("\(key).pred").scaled(by: sign)
    for (a, e) in zip(losses(of: output, example), try file.doubles("\(key).loss")) {
      expectClose(a, e, relativeToMax: 1e-4, "loss")
    }
  }
}

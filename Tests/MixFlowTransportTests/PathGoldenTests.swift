import MixFlowCheckpoint
import MixFlowTestSupport
import MixFlowTransport
import Testing

/// SiT's `path.py` on a grid of times, and RAE's through ``TimeConvention``.
@Suite struct PathGoldenTests {
  let sit: SafeTensorsFile
  let rae: SafeTensorsFile

  init() throws {
    sit = try Fixtures.file("transport/sit_paths")
    rae = try Fixtures.file("transport/rae_paths")
  }

  /// Compares element by element, since the columns span many orders of magnitude.
  ///
  /// The absolute part is for float32's rounding of values that cancel; it is below the fixture's
  /// 2e-5 of the largest element of every tensor.
  private func compare(
    _ actual: [Double], _ expected: [Double], _ label: String, atEnd isNearEnd: (Int) -> Bool
  ) {
    #expect(actual.count == expected.count)
    for (index, (a, e)) in zip(actual, expected).enumerated() {
      let tolerance = isNearEnd(index * 11 / expected.count) ? 1e-3 : 2e-5
      expectClose(a, e, relativeToMax: tolerance, absolute: 2e-6, "\(label) at \(index)")
    }
  }

  /// The times near which the fixture allows 1e-3: VP where σ vanishes, GVP's ratio at both ends.
  private func nearEnd(_ kind: PathKind, _ times: [Double]) -> (Int) -> Bool {
    { index in
      switch kind {
      case .linear: false
      case .gvp: times[index] < 0.02 || times[index] > 0.98
      case .vp: times[index] < 0.02 || times[index] > 0.98
      }
    }
  }

  @Test(arguments: PathKind.allCases)
  func coefficientsAreSiTs(kind: PathKind) throws {
    let path = kind.path
    let t = try sit.doubles("t")
    let columns: [(String, (Double) -> Double)] = [
      ("alpha", path.alpha), ("d_alpha", path.alphaDerivative), ("sigma", path.sigma),
      ("d_sigma", path.sigmaDerivative), ("dalpha_alpha_ratio", path.logAlphaDerivative),
      ("drift_var", path.scoreWeight),
    ]
    for (name, column) in columns {
      let expected = try sit.doubles("\(kind.rawValue).\(name)")
      compare(t.map(column), expected, name, atEnd: nearEnd(kind, t))
    }
  }

  @Test(arguments: PathKind.allCases)
  func statesAndConversionsAreSiTs(kind: PathKind) throws {
    try checkStates(kind, in: sit, convention: .dataAtOne)
  }

  @Test(arguments: PathKind.allCases)
  func statesAndConversionsAreRAEs(kind: PathKind) throws {
    try checkStates(kind, in: rae, convention: .dataAtZero)
  }

  private func checkStates(
    _ kind: PathKind, in file: SafeTensorsFile, convention: TimeConvention
  ) throws {
    let path = kind.pathMeant(by: convention)
    let name = kind.rawValue
    let t = try file.doubles("t").map(convention.convert)
    // Velocities turn their sign with the time axis.
    let sign: Double = convention == .dataAtOne ? 1 : -1
    let (x0, x1) = (try file.vector("x0"), try file.vector("x1"))
    let v = try file.vector("v")
    let x = path.interpolate(from: x0, to: x1, t: t)
    let nearEnd = nearEnd(kind, t)
    compare(x.scalars, try file.doubles("\(name).xt"), "xt", atEnd: nearEnd)
    let u = path.velocity(from: x0, to: x1, t: t).scaled(by: sign)
    compare(u.scalars, try file.doubles("\(name).ut"), "ut", atEnd: nearEnd)
    for (target, key) in [(Prediction.score, "score"), (.noise, "noise")] {
      let converted = Prediction.velocity.convert(
        v.scaled(by: sign), to: target, x: x, t: t, along: path)
      try compareStates(
        converted, file.vector("\(name).\(key)_from_velocity"), key, atEnd: nearEnd)
    }
    // RAE's VP drift keeps SiT's time axis, so its velocity from a score has no counterpart here.
    guard convention == .dataAtOne || kind != .vp else { return }
    let velocity = Prediction.score.convert(v, to: .velocity, x: x, t: t, along: path)
    try compareStates(
      velocity.scaled(by: sign), file.vector("\(name).velocity_from_score"), "velocity",
      atEnd: nearEnd)
  }

  /// Compares each time's state relative to its largest element.
  private func compareStates(
    _ actual: Vector, _ expected: Vector, _ label: String, atEnd isNearEnd: (Int) -> Bool
  ) throws {
    for (index, (a, e)) in zip(actual.rows, expected.rows).enumerated() {
      expectClose(
        a, e, relativeToMax: isNearEnd(index) ? 1e-3 : 2e-5, absolute: 2e-6,
        "\(label) at time \(index)")
    }
  }

  @Test(arguments: PathKind.allCases, TimeConvention.allCases)
  func diffusionIsUpstreams(kind: PathKind, convention: TimeConvention) throws {
    let file = convention == .dataAtOne ? sit : rae
    let t = try file.doubles("t").map(convention.convert)
    let keys = file.names.filter { $0.hasPrefix("\(kind.rawValue).diffusion.") }
    #expect(!keys.isEmpty)
    for key in keys {
      // <path>.diffusion.<form>.n<norm>
      let fields = key.split(separator: ".", maxSplits: 3).map(String.init)
      let form = try DiffusionForm(parsing: fields[2])
      let norm = try #require(Double(fields[3].dropFirst()))
      // RAE's SBDM is negative, or on VP runs along SiT's axis.
      guard convention == .dataAtOne || form != .sbdm else { continue }
      let diffusion = try Diffusion(form, norm: norm)
      compare(
        t.map { diffusion.coefficient(at: $0, along: kind.pathMeant(by: convention)) },
        try file.doubles(key), key,
        atEnd: nearEnd(kind, t))
    }
  }
}

extension SafeTensorsFile {
  /// Reads a tensor as one row per sample.
  func vector(_ name: String) throws -> Vector {
    let values = try doubles(name)
    let rows = try info(for: name).shape[0]
    let width = values.count / rows
    return Vector(rows: (0..<rows).map { Array(values[($0 * width)..<(($0 + 1) * width)]) })
  }
}

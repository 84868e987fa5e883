import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// REPA's loss with the official network, plain and MixFlow's, against the official `SILoss`.
@Suite struct REPALossGoldenTests {
  private static let convention = TimeConvention.dataAtZero

  static var plainFiles: [String] {
    get throws { try Fixtures.files(matching: "repa/loss_").filter { !$0.hasSuffix("_grads") } }
  }

  @Test(arguments: try plainFiles)
  func lossesMatch(name: String) throws {
    let file = try Fixtures.file(name)
    let model = try Fixtures.repa(modelName(file))
    let settings = file.names.filter { $0.hasPrefix("denoise.") }
    #expect(!settings.isEmpty)
    for key in settings {
      // denoise.<path>.<weighting>
      let setting = String(key.dropFirst("denoise.".count))
      let parts = setting.split(separator: ".").map(String.init)
      let path = try PathKind(parsing: parts[0])
      let t = try times(file, path, weighting: parts[1])
      let terms = try loss(model, file, path, t: t, m: t, coefficient: 1)
      try expectTerms(terms, file, setting, name)
      guard file.contains("total.\(setting)") else { continue }
      let weighted = try loss(
        model, file, path, t: t, m: t, coefficient: file.metadata("proj_coeff", as: Float.self))
      expectClose(
        Float(mean(weighted.total)), try file.tensor("total.\(setting)").item,
        relativeToMax: 1e-4, "\(name) total.\(setting)")
    }
  }

  @Test(arguments: try plainFiles)
  func gradientsMatch(name: String) throws {
    let file = try Fixtures.file(name)
    let model = try Fixtures.repa(modelName(file))
    let setting = try #require(file.names.first { $0.hasPrefix("total.") })
      .split(separator: ".").map(String.init)
    let path = try PathKind(parsing: setting[1])
    let t = try times(file, path, weighting: setting[2])
    let tape = Tape()
    let total = try loss(
      model, file, path, t: t, m: t, coefficient: file.metadata("proj_coeff", as: Float.self),
      on: tape
    ).total
    tape.backward(
      from: total, gradient: Tensor(repeating: 1 / Float(t.count), shape: total.shape))
    try expectGradients(of: model, Fixtures.file("\(name)_grads"), name)
  }

  @Test func mixFlowMatches() throws {
    let file = try Fixtures.file("mixflow/repa")
    let model = try Fixtures.repa(modelName(file))
    let quantiles = zip(try file.tensor("u").array, try file.tensor("u2").array)
    let settings = file.names.filter { $0.hasPrefix("denoise.") }
    #expect(!settings.isEmpty)
    for key in settings {
      // denoise.<path>.g<gamma>
      let setting = String(key.dropFirst("denoise.".count))
      let parts = setting.split(separator: ".", maxSplits: 1).map(String.init)
      let sampler = try MixFlowTimestepSampler(gamma: try #require(Double(parts[1].dropFirst())))
      let pairs = quantiles.map { sampler.timesteps(u: Double($0), v: Double($1)) }
      let terms = try loss(
        model, file, PathKind(parsing: parts[0]), t: pairs.map(\.t), m: pairs.map(\.m),
        coefficient: 1)
      try expectTerms(terms, file, setting, "mixflow/repa")
    }
  }

  /// The times of the fixture in this library's convention.
  private func times(
    _ file: SafeTensorsFile, _ path: PathKind, weighting: String
  ) throws -> [Double] {
    guard weighting == "lognormal" else {
      return try file.tensor("t_uniform").array.map { Self.convention.convert(Double($0)) }
    }
    // REPA's normal number rises with its own time, which falls with ours.
    let law = try TimeSampler.logNormalNoise(on: path)
    return try file.tensor("t_normal").array.map {
      law.time(at: NormalDistribution.probability(below: -Double($0)))
    }
  }

  private func loss(
    _ model: REPASiT, _ file: SafeTensorsFile, _ path: PathKind, t: [Double], m: [Double],
    coefficient: Float, on tape: Tape? = nil
  ) throws -> REPALoss.Terms {
    let example = Self.convention.velocityExample(
      Objective(path: path.path).example(
        x0: try file.tensor("noise"), x1: try file.tensor("x"), t: t, m: m))
    let output = model.predictionWithProjections(
      Variable(constant: example.input), t: example.t.map(Float.init),
      labels: try file.integers("y"), on: tape)
    return REPALoss(coefficient: coefficient)(
      prediction: output.prediction, projections: output.projections, example: example,
      features: try output.projections.indices.map { try file.tensor("zs.\($0)") })
  }

  private func expectTerms(
    _ terms: REPALoss.Terms, _ file: SafeTensorsFile, _ setting: String, _ name: String
  ) throws {
    let expected = try file.tensor("denoise.\(setting)").array
    for (index, (actual, expected)) in zip(terms.denoising.value.array, expected).enumerated() {
      expectClose(
        actual, expected, relativeToMax: 1e-4, "\(name) denoise.\(setting)[\(index)]")
    }
    expectClose(
      Float(mean(terms.alignment)), try file.tensor("proj.\(setting)").item, relativeToMax: 1e-4,
      "\(name) proj.\(setting)")
  }

  private func mean(_ losses: Variable) -> Double {
    losses.value.sum() / Double(losses.value.count)
  }

  private func modelName(_ file: SafeTensorsFile) throws -> String {
    String(try #require(file.metadata["model"]).dropLast(".safetensors".count))
  }
}

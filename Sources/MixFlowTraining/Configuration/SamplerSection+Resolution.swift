import MixFlowImage
import MixFlowModels
import MixFlowTransport

/// The code base whose sampler is used: they differ in grids, steps and precision.
public enum SamplerCode: String, NamedChoice {
  /// That of the model: a SiT's, a DiT's, REPA's, and RAE's for LightningDiT and DiT-DH.
  case auto
  /// SiT's: the grid from 0 to 1, `num_steps` points.
  case sit
  /// RAE's: SiT's on a grid that ends at 0.999, and whose stochastic last step is told a time that
  /// was not shifted.
  case rae
  /// REPA's: `num_steps` steps in double precision, each guided by the time at its start.
  case repa
  /// DiT's: back along the chain of its diffusion, `num_steps` of its 1000 steps.
  case dit

  public static var choiceName: String { "sampler" }

  /// The end of RAE's grid before the shift.
  static let endOfRAE = 0.999

  /// Returns the code base that is meant for a model.
  func resolved(for kind: ModelKind) -> SamplerCode {
    guard self == .auto else { return self }
    return switch kind {
    case .sit: .sit
    case .dit: .dit
    case .repa: .repa
    case .lightningDiT, .ditDH: .rae
    }
  }
}

extension RunConfiguration {
  /// The way from noise to samples of the model.
  ///
  /// For a DiT-DH with `transport.time_dist_shift` at RAE's `√(dimension / base)` the defaults are
  /// RAE's sampler: `mode`, `sampling_method` (`euler`, `heun2`, `dopri5`; for its SDE `euler`, `heun`),
  /// `num_steps`, `atol`, `rtol`, `diffusion_form`, `last_step` and `last_step_size` mean what they do
  /// in its files. Its `t_min` and `t_max` have the data at 0: `guidance.t_min` is `1 − t_max` there,
  /// and `guidance.t_max` is `1 − t_min`.
  ///
  /// - Throws: ``ConfigurationError`` that names the key.
  public func networkSampler() throws -> any NetworkSampler {
    let kind = try model.kind()
    let code = try setting("sampler.code") { try SamplerCode(parsing: sampler.code) }
      .resolved(for: kind)
    try require(
      (code == .dit) == (kind == .dit), "sampler.code",
      "is \(code.rawValue), but the model is a \(kind.rawValue); set auto")
    switch code {
    case .auto, .sit: return try flowSampler()
    case .rae: return try flowSampler(isRAE: true)
    case .repa: return try repaSampler()
    case .dit: return try diffusionSampler()
    }
  }

  private func flowSampler(isRAE: Bool = false) throws -> FlowSampler {
    let method = try sampler.flowMethod(of: try model.kind())
    return try setting("sampler") {
      try FlowSampler(
        intervals: try transport.intervals(end: isRAE ? SamplerCode.endOfRAE : 1), method: method,
        shift: try transport.shift(), denoiseStep: sampler.denoiseStep,
        tellsUnshiftedEnd: isRAE)
    }
  }

  private func repaSampler() throws -> REPASampler {
    let intervals = try transport.intervals()
    try sampler.refuseOptionsOfFlows(for: .repa)
    try require(
      intervals.prediction == .velocity && intervals.path != .vp && transport.timeDistShift == 1,
      "sampler.code",
      "repa is for velocities on the Linear or GVP path without a shift of times; set "
        + "sit")
    let method: REPASampler.Method
    switch (sampler.mode.lowercased(), sampler.samplingMethod.lowercased()) {
    case ("ode", "euler"): method = .euler
    case ("ode", "heun"), ("ode", "heun2"): method = .heun
    case ("sde", "euler"), ("sde", "euler-maruyama"): method = .eulerMaruyama
    case ("ode", let name), ("sde", let name):
      throw ConfigurationError(
        key: "sampler.sampling_method",
        problem:
          "'\(name)' is none of REPA's: euler and heun for an ODE, Euler for an SDE; for others "
          + "set sampler.code: sit")
    default: throw ConfigurationError.mode(sampler.mode, of: .repa)
    }
    return try setting("sampler") {
      try REPASampler(method, steps: sampler.numSteps, path: intervals.path.path)
    }
  }

  private func diffusionSampler() throws -> DiffusionSampler {
    try sampler.refuseOptionsOfFlows(for: .dit)
    try require(
      model.learnSigma, "model.learn_sigma",
      "is false, but the diffusion of a DiT learns its variances")
    let method: GaussianDiffusion.Method
    switch sampler.mode.lowercased() {
    case "ddpm": method = .ancestral
    case "ddim": method = .ddim(eta: sampler.eta)
    default:
      throw ConfigurationError(
        key: "sampler.mode", problem: "'\(sampler.mode)' is not DDPM or DDIM, which sample a DiT")
    }
    return try setting("sampler") { try DiffusionSampler(steps: sampler.numSteps, by: method) }
  }
}

extension ConfigurationError {
  fileprivate static func mode(_ name: String, of kind: ModelKind) -> ConfigurationError {
    let isDiffusion = ["ddpm", "ddim"].contains(name.lowercased())
    return ConfigurationError(
      key: "sampler.mode",
      problem: "'\(name)' is not ODE or SDE"
        + (isDiffusion ? "; it samples a DiT, and this is a \(kind.rawValue)" : ""))
  }
}

extension SamplerSection {
  fileprivate func flowMethod(of kind: ModelKind) throws -> FlowSampler.Method {
    try require(
      denoiseStep.map { $0 > 0 && $0 < 1 && mode.lowercased() == "ode" } ?? true,
      "sampler.denoise_step", "must be in (0, 1), and is for mode ODE; null for none")
    try require(eta == 0, "sampler.eta", "has no effect on a flow; it is for the DDIM of a DiT")
    let tolerance = try tolerance()
    switch mode.lowercased() {
    case "ode":
      return .ode(
        try setting("sampler.sampling_method") { try SolverKind(parsing: samplingMethod) },
        points: numSteps, tolerance: tolerance)
    case "sde":
      return .sde(
        try setting("sampler.sampling_method") { try SDEMethod(parsing: samplingMethod) },
        points: numSteps,
        try setting("sampler.diffusion_form") {
          try Diffusion(DiffusionForm(parsing: diffusionForm), norm: diffusionNorm)
        },
        try setting("sampler.last_step") { try LastStep(parsing: lastStep) },
        lastStepSize: lastStepSize)
    default: throw ConfigurationError.mode(mode, of: kind)
    }
  }

  /// Options of SiT's and RAE's samplers would have no effect on others.
  fileprivate func refuseOptionsOfFlows(for code: SamplerCode) throws {
    let plain = SamplerSection()
    let options: [(key: String, isPlain: Bool)] = [
      ("denoise_step", denoiseStep == plain.denoiseStep), ("atol", atol == plain.atol),
      ("rtol", rtol == plain.rtol), ("diffusion_form", diffusionForm == plain.diffusionForm),
      ("diffusion_norm", diffusionNorm == plain.diffusionNorm),
      ("last_step", lastStep == plain.lastStep),
      ("last_step_size", lastStepSize == plain.lastStepSize),
    ]
    for option in options {
      try require(
        option.isPlain, "sampler.\(option.key)", "has no effect on the sampler of \(code.rawValue)")
    }
    try require((0...1).contains(eta), "sampler.eta", "\(eta) is not in [0, 1]")
  }

  /// The errors that an adaptive solver may make in a step.
  ///
  /// - Throws: ``ConfigurationError`` that names the key.
  public func tolerance() throws -> ErrorTolerance {
    for (key, tolerance) in [("atol", atol), ("rtol", rtol)] {
      try require(
        tolerance > 0 && tolerance.isFinite, "sampler.\(key)", "\(tolerance) is not above 0")
    }
    return ErrorTolerance(absolute: atol, relative: rtol)
  }

  /// The rule from floats to bytes.
  public func quantization() throws -> Quantization {
    guard let rule = Quantization(rawValue: quantize.lowercased()) else {
      let known = Quantization.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(
        key: "sampler.quantize", problem: "unknown rule '\(quantize)'; known: \(known)")
    }
    return rule
  }
}

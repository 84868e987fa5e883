import MixFlowModels
import MixFlowTransport

extension RAETranslator {
  private static let convention = TimeConvention.dataAtZero

  mutating func translateTransport(_ section: RAESection) throws {
    try ignore(section.check(used: ["params"]))
    let parameters = try section.section("params")
    try ignore(
      parameters.check(
        used: [
          "path_type", "prediction", "loss_weight", "time_dist_type", "train_eps", "sample_eps",
        ],
        // Upstream drops it and takes the one that misc describes.
        unused: ["time_dist_shift"]))
    let path = try parameters.text("path_type") ?? "Linear"
    guard path.lowercased() != "vp" else {
      throw parameters.error(
        "path_type",
        "VP is inconsistent in RAE: its drift takes the noise to be at time 0, its path at time 1; "
          + "use Linear or GVP")
    }
    set("transport.path_type", path)
    set("transport.prediction", try parameters.text("prediction"))
    set("transport.loss_weight", try parameters.text("loss_weight"))
    if let law = try parameters.text("time_dist_type") {
      set("transport.time_dist_type", try forwardLaw(law, parameters))
    }
    set("transport.train_eps", try parameters.number("train_eps"))
    set("transport.sample_eps", try parameters.number("sample_eps"))
  }

  /// The law of the time that runs from the noise to the data: a logit-normal's mean turns its sign.
  private func forwardLaw(_ text: String, _ section: RAESection) throws -> String {
    do {
      let law = try TimeSampler(parsing: text, convention: Self.convention)
      guard case .logitNormal(let mean, let deviation) = law else { return text }
      return "logit-normal_\(mean.short)_\(deviation.short)"
    } catch {
      throw section.error("time_dist_type", "\(error)")
    }
  }

  mutating func translateSampler(_ section: RAESection) throws {
    try ignore(section.check(used: ["mode", "params"]))
    let mode = (try section.text("mode") ?? "ODE").uppercased()
    let parameters = try section.section("params")
    set("sampler.mode", mode)
    set("sampler.quantize", "rae")
    set("sampler.code", "rae")
    switch mode {
    case "ODE":
      try ignore(
        parameters.check(used: ["sampling_method", "num_steps", "atol", "rtol", "reverse"]))
      guard try parameters.flag("reverse") != true else {
        throw parameters.error("reverse", "true crashes in RAE; leave it out")
      }
      set("sampler.sampling_method", try parameters.text("sampling_method") ?? "dopri5")
      set("sampler.atol", try parameters.number("atol"))
      set("sampler.rtol", try parameters.number("rtol"))
    case "SDE":
      try ignore(
        parameters.check(used: [
          "sampling_method", "num_steps", "diffusion_form", "diffusion_norm", "last_step",
          "last_step_size",
        ]))
      guard let form = try parameters.text("diffusion_form") else {
        throw parameters.error(
          "diffusion_form",
          "is missing, and upstream's default SBDM is infinite at the noise; write sigma")
      }
      set("sampler.sampling_method", try parameters.text("sampling_method") ?? "Euler")
      set("sampler.diffusion_form", form)
      set("sampler.diffusion_norm", try parameters.number("diffusion_norm"))
      set("sampler.last_step", try parameters.text("last_step"))
      set("sampler.last_step_size", try parameters.number("last_step_size"))
    default: throw section.error("mode", "'\(mode)' is not ODE or SDE")
    }
    set("sampler.num_steps", try parameters.whole("num_steps") ?? (mode == "ODE" ? 50 : 250))
  }

  mutating func translateGuidance(_ section: RAESection, isGuideOf kind: ModelKind) throws {
    try ignore(
      section.check(used: [
        "method", "scale", "t_min", "t-min", "t_max", "t-max", "guidance_model",
      ]))
    let scale = try section.number("scale") ?? 1
    let isGuided = scale > 1
    if scale < 1 { note("\(section.name("scale")) \(scale) is below 1, which RAE takes for none") }
    set("guidance.scale", isGuided ? scale : 1)
    let first = try bound(section, "t_min", or: 0)
    let last = try bound(section, "t_max", or: 1)
    do {
      let interval = try Self.convention.interval(from: first, to: last)
      set("guidance.t_min", interval.lowerBound)
      set("guidance.t_max", interval.upperBound)
    } catch {
      throw section.error("t_max", "\(last) is below t_min \(first)")
    }
    let method = try section.text("method") ?? "cfg"
    let guide = try section.section("guidance_model")
    switch method {
    case "cfg": try checkGuide(guide, isGuideOf: kind)
    case "autoguidance":
      guard isGuided else { return try checkGuide(guide, isGuideOf: kind) }
      guard section["guidance_model"] != nil else {
        throw section.error("guidance_model", "is missing; name the weaker network and its ckpt")
      }
      guard try Self.kind(of: guide) == kind else {
        throw guide.error("target", "differs from stage_2.target; both must be one kind of network")
      }
      try checkGuide(guide, isGuideOf: kind)
      guard let file = try guide.text("ckpt") else {
        throw guide.error("ckpt", "is missing; name the checkpoint of the weaker network")
      }
      set("guidance.method", method)
      set("guidance.guide", file)
    default: throw section.error("method", "unknown '\(method)'; known: cfg, autoguidance")
    }
  }

  /// Refuses keys of the weaker network that upstream does not have, also where it is not used.
  private mutating func checkGuide(_ guide: RAESection, isGuideOf kind: ModelKind) throws {
    try ignore(guide.check(used: ["target", "params", "ckpt"]))
    let parameters = try guide.section("params")
    guard !parameters.keys.isEmpty else { return }
    let target = guide["target"] == nil ? kind : try Self.kind(of: guide)
    try checkParameters(parameters, of: target)
  }

  /// A bound of the interval, which RAE's files spell with a dash too.
  private func bound(_ section: RAESection, _ key: String, or other: Double) throws -> Double {
    let dashed = key.replacing("_", with: "-")
    guard section[key] == nil || section[dashed] == nil else {
      throw section.error(dashed, "is given twice, as \(key) too; remove one")
    }
    return try section.number(key) ?? section.number(dashed) ?? other
  }
}

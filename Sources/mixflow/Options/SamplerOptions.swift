import ArgumentParser
import MixFlowTraining
import MixFlowTransport

/// The options that say how samples are made: the solver and the guidance.
struct SamplerOptions: ParsableArguments {
  @Option(name: .long, help: "guidance.scale: 1 is no guidance.")
  var cfgScale: Double?

  @Option(name: .long, help: "guidance.method: cfg or autoguidance; --guide means the latter.")
  var guidanceMethod: String?

  @Option(name: .long, help: "guidance.guide: the checkpoint of a worse model, for autoguidance.")
  var guide: String?

  @Option(
    name: .long, help: "The guide's number of heads, for a bare file of an unusual width.")
  var guideHeads: Int?

  @Option(name: .long, help: "sampler.num_steps: grid points; an ODE makes one step less.")
  var steps: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The solver: euler, heun, midpoint, heun3, rk4, dopri5; sde, sde-heun for the SDE; ddpm, ddim "
        + "for a DiT."))
  var solver: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set a key of sampler, guidance or autoencoder, such as guidance.t_max=0.7, or "
        + "transport.sample_eps or transport.time_dist_shift.", valueName: "key=value"))
  var assignments: [String] = []

  func validate() throws {
    guard cfgScale?.isFinite ?? true else {
      throw ValidationError("'--cfg-scale' must be a finite number.")
    }
    guard (guideHeads ?? 1) > 0 else { throw ValidationError("'--guide-heads' must be positive.") }
    if let solver { _ = try Self.settings(solver: solver) }
    for setting in assignments { try checkIsForSampling(setting) }
    let keys = Set(try shortSettings.map(Self.key))
    if let twice = assignments.first(where: { keys.contains(Self.key($0)) }) {
      throw ValidationError("'--set \(twice)' and a short option set one key; give one of them.")
    }
  }

  private static func key(_ setting: String) -> Substring { setting.prefix { $0 != "=" } }

  /// Refuses keys that would be ignored: of the model, of data and of training.
  private func checkIsForSampling(_ setting: String) throws {
    let key = Self.key(setting)
    guard key != setting else {
      throw ValidationError(
        "'--set \(setting)' has no value; give key=value, such as guidance.t_max=0.7.")
    }
    let isSection = ["sampler.", "guidance.", "autoencoder."].contains { key.hasPrefix($0) }
    guard
      isSection || ["transport.sample_eps", "transport.time_dist_shift"].contains(key)
    else {
      throw ValidationError(
        "'--set \(setting)' has no effect on sampling; set keys of sampler, guidance or "
          + "autoencoder, transport.sample_eps or transport.time_dist_shift.")
    }
  }

  /// All of them as `key=value`.
  var settings: [String] {
    get throws { assignments + (try shortSettings) }
  }

  /// What the options with short names set.
  private var shortSettings: [String] {
    get throws {
      var settings: [String] = []
      if let cfgScale { settings.append("guidance.scale=\(cfgScale)") }
      if let guide {
        settings += ["guidance.method=autoguidance", "guidance.guide=\(quoted(guide))"]
      }
      if let guidanceMethod {
        settings.append("guidance.method=\(quoted(guidanceMethod))")
        // What a checkpoint's own configuration names would contradict it.
        if guidanceMethod.lowercased() == "cfg", guide == nil {
          settings.append("guidance.guide=null")
        }
      }
      if let steps { settings.append("sampler.num_steps=\(steps)") }
      if let solver { settings += try Self.settings(solver: solver) }
      return settings
    }
  }

  /// Refuses options of guidance that the settings make idle.
  ///
  /// - Parameter guidance: The settings in force.
  /// - Throws: `ValidationError`.
  func checkEffect(_ guidance: GuidanceSection) throws {
    let isAsked = guide != nil || guidanceMethod != nil
    guard !isAsked || guidance.scale != 1 else {
      throw ValidationError(
        "'\(guide == nil ? "--guidance-method" : "--guide")' has no effect while guidance.scale is 1; "
          + "give '--cfg-scale'.")
    }
  }

  /// The keys that the options set.
  var origins: SettingOrigins {
    var origins = SettingOrigins(assignments: assignments)
    origins.note("--cfg-scale", cfgScale, sets: "guidance.scale")
    origins.note("--guide", guide, sets: "guidance.method")
    origins.note("--guide", guide, sets: "guidance.guide")
    origins.note("--guidance-method", guidanceMethod, sets: "guidance.method")
    origins.note("--steps", steps, sets: "sampler.num_steps")
    origins.note("--solver", solver, sets: "sampler.mode")
    origins.note("--solver", solver, sets: "sampler.sampling_method")
    return origins
  }

  /// The keys that the name of a solver stands for.
  private static func settings(solver name: String) throws -> [String] {
    switch name.lowercased() {
    case "sde", "euler-maruyama": return ["sampler.mode=SDE", "sampler.sampling_method=Euler"]
    case "sde-heun": return ["sampler.mode=SDE", "sampler.sampling_method=Heun"]
    case "ddpm", "ddim": return ["sampler.mode=\(name.uppercased())"]
    default:
      let kind = try SolverKind(option: name, further: ["sde", "sde-heun", "ddpm", "ddim"])
      return ["sampler.mode=ODE", "sampler.sampling_method=\(kind.optionName)"]
    }
  }

  /// A text as YAML reads it back.
  private func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "''") + "'"
  }
}

extension SolverKind {
  /// The name in lists of options and in configurations.
  var optionName: String { self == .heun2 ? "heun" : rawValue }

  /// Reads the value of `--solver`.
  ///
  /// - Parameters:
  ///   - name: The value.
  ///   - further: Names that are none of an ODE's and would do, too.
  /// - Throws: `ValidationError` with the names that would do.
  init(option name: String, further: [String] = []) throws {
    do {
      try self.init(parsing: name)
    } catch {
      let known = (Self.allCases.map(\.optionName) + further).joined(separator: ", ")
      throw ValidationError("'--solver \(name)' is no solver; known: \(known).")
    }
  }
}

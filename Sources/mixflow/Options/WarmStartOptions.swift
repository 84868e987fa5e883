import ArgumentParser
import MixFlowTraining

/// The options that say what a new run takes of a checkpoint and what may not fit.
struct WarmStartOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Parameters that are drawn afresh where the checkpoint lacks them or has another shape, such "
        + "as 'y_embedder.*' for other classes.", valueName: "pattern"))
  var initAllowMissing: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Tensors of the checkpoint that the model lacks and that are left out.",
      valueName: "pattern"))
  var initAllowUnused: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What to take of a checkpoint of 'mixflow train' besides its weights: optimizer, ema, step, "
        + "schedule, data, joined by commas, or all; the weights are then the raw ones.",
      valueName: "parts"))
  var load: String?

  /// Whether none was given.
  var isEmpty: Bool { initAllowMissing.isEmpty && initAllowUnused.isEmpty && load == nil }

  /// The options as a run takes them.
  ///
  /// - Returns: The options.
  /// - Throws: `ValidationError` for a part that there is not.
  func options() throws -> WarmStart {
    WarmStart(
      allowMissing: initAllowMissing, allowUnused: initAllowUnused, parts: Set(try parts()))
  }

  private func parts() throws -> [WarmStart.Part] {
    guard let load else { return [] }
    if load == "all" { return WarmStart.Part.allCases }
    return try load.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard let part = WarmStart.Part(rawValue: String(name)) else {
        let known = WarmStart.Part.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("'--load' does not know '\(name)'; known: \(known), all.")
      }
      return part
    }
  }
}

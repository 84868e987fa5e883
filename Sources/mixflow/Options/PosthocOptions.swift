import ArgumentParser
import MixFlowTraining

/// The options that make an average of a run's snapshots.
struct PosthocOptions: ParsableArguments {
  @Option(
    name: .customLong("posthoc-ema"),
    help: ArgumentHelp(
      "Of a run's folder with snapshots of training.posthoc_ema: make the average of this relative "
        + "width, above 0 and up to 0.28.", valueName: "width"))
  var width: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The step whose average it is; the newest snapshot's by default.", valueName: "step"))
  var atStep: Int?

  func validate() throws {
    guard let width else {
      guard atStep == nil else {
        throw ValidationError("'--at-step' needs '--posthoc-ema WIDTH'.")
      }
      return
    }
    guard PowerProfile.isWidth(width) else {
      throw ValidationError("'--posthoc-ema \(width)' must be above 0 and up to 0.28.")
    }
    guard (atStep ?? 1) > 0 else { throw ValidationError("'--at-step' must be positive.") }
  }
}

extension PosthocReconstruction {
  /// How well it was possible, in one line.
  var summary: String {
    "average of width \(width) at step \(step), of \(averageCount) averages in "
      + "\(counted(snapshotCount, "snapshot")), with a relative error of the profile of "
      + relativeError.formatted("%.2g")
  }

  /// What the user may not expect of it.
  var warnings: [String] {
    let stored = storedWidths
    let range = "\(stored.lowerBound) to \(stored.upperBound)"
    let outside =
      stored.contains(width)
      ? nil
      : "the width \(width) is outside of those of the snapshots, \(range), where it is made less exactly"
    let between =
      newestSnapshot == step
      ? nil
      : "step \(step) has no snapshot, and what was trained since step \(newestSnapshot) is missing; "
        + "'--at-step \(newestSnapshot)' is more exact"
    let inexact =
      relativeError < 0.01
      ? nil
      : "the profile of the average differs by \((100 * relativeError).formatted("%.1f")) % from that of "
        + "width \(width); more snapshots (training.posthoc_ema_every), or two widths around it "
        + "(training.posthoc_ema), bring it nearer"
    return [outside, between, inexact].compactMap { $0 }
  }
}

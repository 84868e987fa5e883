import ArgumentParser
import Foundation
import MixFlowTraining

/// `mixflow convert`.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a checkpoint's weights with the official keys, or a run's state for PyTorch.",
    discussion: """
      The name of the result says whether it is safetensors or PyTorch (.pt, .pth).

      safetensors: one state dict, which 'mixflow sample' and 'mixflow train --init-from' take.

      PyTorch, from a training checkpoint of 'mixflow train': all that the network's own train.py \
      resumes from. SiT, DiT and REPA: model, ema, opt, args and steps; RAE: step, epoch, model, ema, \
      optimizer and scheduler. Their sampling programs read ema of the same file.

      PyTorch, from anything else or with '--weights ema': the averages below 'ema', where the \
      official sampling programs look; with '--weights raw' the weights that the optimizer changes, \
      below 'model', or for RAE's networks as a bare state dict. A bare file without averages counts \
      as ema. Half precisions halve such files.

      '--posthoc-ema WIDTH' takes the folder of a run that was made with training.posthoc_ema, and \
      makes of its snapshots the average of any relative width (Karras et al., 2024), as if it had \
      been kept during training. It tells how exactly.

        mixflow convert runs/base/checkpoints/0012000.safetensors base.safetensors \\
          --precision float16
        mixflow convert runs/post/checkpoints/0000600.safetensors 0000600.pt
        mixflow convert runs/base base-0.08.safetensors --posthoc-ema 0.08 --at-step 10000
        mixflow convert SiT-XL-2-256x256.pt SiT-XL-2-256x256.safetensors
      """)

  @Argument(
    help: "The checkpoint (safetensors or PyTorch); with '--posthoc-ema' the folder of a run.")
  var input: String

  @Argument(help: "The file to write (.safetensors or .pt).")
  var output: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What to take: ema, ema:DECAY, posthoc:WIDTH, raw, or all, the state of a training run for "
        + "PyTorch; auto is all where the files allow it, else ema where there is one."))
  var weights = ExportedWeights.auto

  @Option(
    name: .long,
    help: "How to store weights: float32, float16 or bfloat16; a run's state is float32.")
  var precision = ExportPrecision.float32

  @Flag(name: .long, help: "Replace a file that is there already.")
  var overwrite = false

  @OptionGroup var posthoc: PosthocOptions

  @OptionGroup var heads: HeadsOption

  @OptionGroup var common: CommonOptions

  func validate() throws {
    let format = try OutputFile.format(output)
    guard posthoc.width == nil || weights == .auto else {
      throw ValidationError("'--weights' and '--posthoc-ema' both say what to take; give one.")
    }
    guard weights == .all else { return }
    guard format == .torch else {
      throw ValidationError("'--weights all' is for PyTorch; '\(output)' does not end in .pt.")
    }
    guard precision == .float32 else {
      throw ValidationError(
        "'--weights all' is float32; for \(precision.rawValue) take '--weights ema' or 'raw'.")
    }
  }

  func run() throws {
    common.apply()
    let format = try OutputFile.format(output)
    try OutputFile.check(output, inputs: [input], overwrites: overwrite)
    if let width = posthoc.width { return try exportAverage(width, format) }
    if weights == .all || (weights == .auto && format == .torch && precision == .float32) {
      if try TrainingExport.isPossible(for: input) { return try exportRun() }
      guard weights != .all else {
        throw ValidationError(
          "'--weights all' needs a training checkpoint of 'mixflow train' without adapters, and "
            + "\(input) is none.")
      }
    }
    let checkpoint = try ModelCheckpoint(
      contentsOf: input, weights: weights.choice, heads: heads.heads)
    try export(checkpoint, format)
  }

  private func export(_ checkpoint: ModelCheckpoint, _ format: ExportFormat) throws {
    try heads.check(checkpoint.sizes, in: input)
    try checkpoint.export(precision, as: format, to: output)
    try report(
      "\(Description.grouped(checkpoint.sizes.parameterCount)) parameters in \(precision.rawValue)")
  }

  private func exportAverage(_ width: Double, _ format: ExportFormat) throws {
    let average = try PosthocReconstruction(
      ofWidth: width, inRun: input, atStep: posthoc.atStep)
    try export(try ModelCheckpoint(average, ofRun: input), format)
    Console(isQuiet: common.quiet).say(average.summary)
    for warning in average.warnings { StandardStream.log("warning: \(warning)\n") }
  }

  private func exportRun() throws {
    let run = try TrainingExport(contentsOf: input)
    try heads.check(run.sizes, in: input)
    try run.write(to: output)
    try report(
      "\(Description.grouped(run.sizes.parameterCount)) parameters, their averages and the "
        + "optimizer's state after step \(run.step)")
  }

  private func report(_ contents: String) throws {
    let size = try FileManager.default.attributesOfItem(atPath: output)[.size] as? Int
    Console(isQuiet: common.quiet).say(
      "\(output): \(contents), \(Description.grouped(size ?? 0)) bytes")
  }
}

/// What `convert` takes from a checkpoint.
enum ExportedWeights: RawRepresentable, ExpressibleByArgument, Equatable {
  case weights(WeightsChoice)
  case all

  /// The state where the files allow it, else averages.
  static let auto = Self.weights(.auto)

  init?(rawValue: String) {
    if rawValue == "all" {
      self = .all
    } else if let choice = WeightsChoice(rawValue: rawValue) {
      self = .weights(choice)
    } else {
      return nil
    }
  }

  var rawValue: String {
    switch self {
    case .weights(let choice): choice.rawValue
    case .all: "all"
    }
  }

  static var allValueStrings: [String] { ["auto", "ema", "raw", "all"] }

  /// Which weights are read where weights alone are written.
  var choice: WeightsChoice {
    switch self {
    case .weights(let choice): choice
    case .all: .auto
    }
  }
}

extension ExportPrecision: ExpressibleByArgument {}

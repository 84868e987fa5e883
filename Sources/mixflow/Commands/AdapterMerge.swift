import ArgumentParser
import MixFlowTraining

/// `mixflow adapter merge`.
struct AdapterMerge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Add adapters to the weights of a checkpoint.",
    discussion: """
      The result is a checkpoint like any other, W + scale · alpha / rank · B A in each layer with an \
      adapter.

        mixflow adapter merge SiT-XL-2-256x256.pt flowers-lora flowers.safetensors
      """)

  @OptionGroup var options: MergeOptions

  @Option(name: .long, help: "A factor on all adapters.")
  var scale = 1.0

  func validate() throws {
    guard scale.isFinite else { throw ValidationError("'--scale' must be a finite number.") }
  }

  func run() throws {
    try options.write(strength: scale, "with")
  }
}

/// `mixflow adapter unmerge`.
struct AdapterUnmerge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unmerge",
    abstract: "Take merged adapters out of the weights of a checkpoint.",
    discussion: """
      The weights are those before the merge but for the rounding of the file: of float32, or of \
      the half precision that the merged weights were stored in.

        mixflow adapter unmerge flowers.safetensors flowers-lora base.safetensors
      """)

  @OptionGroup var options: MergeOptions

  func run() throws {
    try options.write(strength: -1, "without")
  }
}

/// What merging and unmerging share.
struct MergeOptions: ParsableArguments {
  @Argument(help: "The checkpoint (safetensors or PyTorch).")
  var input: String

  @Argument(help: "The folder of the adapters, as PEFT or 'mixflow adapter extract' writes it.")
  var adapter: String

  @Argument(help: "The file to write (.safetensors or .pt).")
  var output: String

  @Option(name: .long, help: "Which weights to take: auto (EMA if there), ema, raw, or ema:DECAY.")
  var weights = WeightsChoice.auto

  @Option(name: .long, help: "How to store weights: float32, float16 or bfloat16.")
  var precision = ExportPrecision.float32

  @Flag(name: .long, help: "Replace a file that is there already.")
  var overwrite = false

  @OptionGroup var heads: HeadsOption

  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try OutputFile.format(output)
  }

  /// Writes the checkpoint with a part of the adapters.
  func write(strength: Double, _ how: String) throws {
    common.apply()
    let adapters = try AdapterFolder(contentsOf: adapter)
    try OutputFile.check(output, inputs: [input, adapters.file], overwrites: overwrite)
    let checkpoint = try ModelCheckpoint(
      contentsOf: input, weights: weights, heads: heads.heads,
      adapter: AdapterUse(adapters, strength: strength))
    try heads.check(checkpoint.sizes, in: input)
    try checkpoint.export(precision, as: try OutputFile.format(output), to: output)
    Console(isQuiet: common.quiet).say("\(output): \(input) \(how) \(adapter)")
  }
}

import ArgumentParser
import MixFlowTraining

/// `mixflow adapter extract`.
struct AdapterExtract: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Write the adapters of a training run as a folder of PEFT.",
    discussion: """
      The folder has adapter_config.json and adapter_model.safetensors, which PEFT's \
      PeftModel.from_pretrained and 'mixflow adapter merge' read. Layers that the run trained whole, \
      by training.train_only, are in it as modules_to_save.

        mixflow adapter extract runs/flowers/checkpoints/0002000.safetensors flowers-lora
      """)

  @Argument(help: "A checkpoint of a run with lora.rank.")
  var checkpoint: String

  @Argument(help: "The folder to write.")
  var folder: String

  @Option(name: .long, help: "Which weights to take: auto (EMA if there), ema, raw, or ema:DECAY.")
  var weights = WeightsChoice.auto

  @Flag(name: .long, help: "Replace an adapter that is there already.")
  var overwrite = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    for name in AdapterExport.files {
      try OutputFile.check("\(folder)/\(name)", inputs: [checkpoint], overwrites: overwrite)
    }
    let adapters = try AdapterExport(contentsOf: checkpoint, weights: weights)
    try adapters.write(to: folder)
    Console(isQuiet: common.quiet).say(
      "\(folder): \(adapters.layers.count) layers, \(Description.grouped(adapters.valueCount)) values"
    )
  }
}

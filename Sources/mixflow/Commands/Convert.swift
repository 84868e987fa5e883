import ArgumentParser
import Foundation
import MixFlowTraining

/// `mixflow convert`.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the weights of a checkpoint alone, with the official keys.",
    discussion: """
      The result is a safetensors file of one state dict, which 'mixflow sample' and \
      'mixflow train --init-from' take. Half precisions halve it.

        mixflow convert runs/base/checkpoints/0012000.safetensors base.safetensors \\
          --precision float16
      """)

  @Argument(help: "The checkpoint (safetensors).")
  var input: String

  @Argument(help: "The file to write (.safetensors).")
  var output: String

  @Option(name: .long, help: "Which weights to take: auto (EMA if there), ema or raw.")
  var weights = WeightsChoice.auto

  @Option(name: .long, help: "How to store them: float32, float16 or bfloat16.")
  var precision = ExportPrecision.float32

  @OptionGroup var heads: HeadsOption

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard output.hasSuffix(".safetensors") else {
      throw ValidationError("'\(output)' does not end in .safetensors.")
    }
  }

  func run() throws {
    common.apply()
    let checkpoint = try ModelCheckpoint(contentsOf: input, weights: weights, heads: heads.heads)
    try heads.check(checkpoint.sizes, in: input)
    try checkpoint.export(precision, to: output)
    let size = try FileManager.default.attributesOfItem(atPath: output)[.size] as? Int
    Console(isQuiet: common.quiet).say(
      """
      \(output): \(Description.grouped(checkpoint.sizes.parameterCount)) parameters \
      in \(precision.rawValue), \(Description.grouped(size ?? 0)) bytes
      """)
  }
}

extension ExportPrecision: ExpressibleByArgument {}

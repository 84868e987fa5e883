import ArgumentParser
import MixFlowCheckpoint

/// Writes a model's file with the keys of the released ones.
struct Write: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a safetensors file of random weights for 'start' to read.")

  @Argument(help: "The model: a published size such as XL/2.")
  var model: String

  @Argument(help: "The file to write.")
  var file: String

  func run() throws {
    let model = try benchmarkModel(named: model)
    try SafeTensorsWriter.write(
      model.parameters.map { (name: $0.name, value: $0.value) }, to: file)
  }
}

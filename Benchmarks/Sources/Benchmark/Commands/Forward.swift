import ArgumentParser
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTraining

/// Predicts for given inputs, in the time of the network's own code.
struct Forward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make one forward of a checkpoint of any kind, for comparison with PyTorch.")

  @Argument(help: "The checkpoint (safetensors or PyTorch).")
  var file: String

  @Argument(help: "A safetensors file of the states 'x', the times 't' and the classes 'y'.")
  var inputs: String

  @Argument(help: "The safetensors file to write, which holds the output 'out'.")
  var output: String

  @OptionGroup var options: ThreadsOption

  func run() throws {
    Parallelism.threads = options.threads
    let inputs = try SafeTensorsFile(contentsOf: inputs)
    let clock = ContinuousClock()
    let start = clock.now
    let model = try ModelCheckpoint(contentsOf: file).model
    let original = (model as? ReversedTime)?.original ?? model
    let loaded = clock.now
    let out = original(
      Variable(constant: try inputs.tensor("x")), t: try inputs.tensor("t").array,
      labels: try inputs.integers("y"), on: nil
    ).value
    answer("  load \(loaded - start), forward \(clock.now - loaded)")
    try SafeTensorsWriter.write([(name: "out", value: out)], to: output)
  }
}

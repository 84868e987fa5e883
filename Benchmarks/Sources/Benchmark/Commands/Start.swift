import ArgumentParser
import MixFlowTensor
import MixFlowTraining

/// Goes from a file to a velocity, as a sampling process does when it starts.
struct Start: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Load a model, predict one velocity, and answer with the seconds of both.")

  @Argument(help: "A safetensors file that 'write' made.")
  var file: String

  @OptionGroup var options: ThreadsOption

  func run() throws {
    Parallelism.threads = options.threads
    let clock = ContinuousClock()
    let start = clock.now
    let model = try ModelCheckpoint(contentsOf: file).model
    let loaded = clock.now
    let noise = Tensor(repeating: 0.5, shape: [1] + model.sampleShape)
    let velocity = model(Variable(constant: noise), t: [0.5], labels: [0], on: nil)
    let first = velocity.value.array[0]
    answer("\((loaded - start) / .seconds(1)) \((clock.now - loaded) / .seconds(1)) \(first)")
  }
}

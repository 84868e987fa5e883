import ArgumentParser
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTraining

/// Makes training steps of MixFlow from the weights of a checkpoint.
struct PostTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make steps of MixFlow post-training from a checkpoint of any kind, on constant data."
  )

  @Argument(help: "The checkpoint (safetensors or PyTorch).")
  var file: String

  @Option(help: "The samples of a step.")
  var batch = 1

  @Option(help: "The number of steps.")
  var steps = 2

  @Option(help: "The mixture range.")
  var gamma = 0.4

  @Flag(inversion: .prefixedNo, help: "Update within the backward pass, without clipping.")
  var optimizerInBackward = true

  @OptionGroup var options: ThreadsOption

  func validate() throws {
    guard batch > 0, steps > 0 else {
      throw ValidationError("'--batch' and '--steps' must be positive, got \(batch) and \(steps).")
    }
  }

  func run() throws {
    Parallelism.threads = options.threads
    let state = try StateDict(contentsOf: file).copying.weights(.auto)
    let sizes = try ModelConfiguration(inferredFrom: { state.shape(of: $0) }, file: file)
    let source = CheckpointParameters(state)
    let network = try sizes.makeModel(from: source)
    try source.expectAllRead()
    let model: any ClassConditionalModel =
      sizes.kind.hasDataAtZero ? ReversedTime(network, prediction: .velocity) : network
    let step = try TrainingStep(
      of: model, batch: batch, gamma: gamma, checkpointing: "none",
      optimizerInBackward: optimizerInBackward)
    let clock = ContinuousClock()
    for number in 1...steps {
      answer("  step \(number) of batch \(batch): \(try clock.measure { try step() })")
    }
  }
}

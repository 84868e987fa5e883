import ArgumentParser
import Foundation
import MixFlowTensor

/// Serves steps: for each number on standard input it calls a workload as often and answers with the
/// seconds of a step, so that a driver can take turns with another program.
struct Step: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make steps on request and answer with the seconds of one.")

  /// What the steps do.
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case train, sample
  }

  @Argument(help: "What the steps do.")
  var kind: Kind

  @Argument(help: "The model: tiny, or a published size such as S/2.")
  var model: String

  @Argument(help: "The samples of a step.")
  var batch: Int

  @Option(help: "What training computes again in the backward pass: none, selective or full.")
  var checkpointing = "none"

  @Flag(help: "Update within the backward pass of training, without clipping.")
  var optimizerInBackward = false

  @OptionGroup var options: ThreadsOption

  func validate() throws {
    guard batch > 0 else { throw ValidationError("The batch must be positive, got \(batch).") }
  }

  func run() throws {
    Parallelism.threads = options.threads
    let model = try benchmarkModel(named: model)
    let work: any Workload =
      switch kind {
      case .train:
        try TrainingStep(
          of: model, batch: batch, checkpointing: checkpointing,
          optimizerInBackward: optimizerInBackward)
      case .sample: try SamplingRun(of: model, batch: batch)
      }
    let clock = ContinuousClock()
    answer("ready")
    while let line = readLine() {
      guard let calls = Int(line), calls > 0 else {
        throw ValidationError("Standard input must hold numbers above 0, got '\(line)'.")
      }
      let time = try clock.measure { for _ in 0..<calls { try work() } }
      answer("\(time / .seconds(calls * work.steps))")
    }
  }
}

/// Writes a line at once, whatever standard output is.
func answer(_ line: String) {
  FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

import ArgumentParser
import Foundation
import MixFlowTensor

/// Serves steps: for each number on standard input it makes as many and answers with their seconds,
/// so that a driver can take turns with another program.
struct Step: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make steps on request and answer with their seconds.")

  /// What a step does.
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case train, sample
  }

  @Argument(help: "What a step does.")
  var kind: Kind

  @Argument(help: "The model: tiny, or a published size such as S/2.")
  var model: String

  @Argument(help: "The samples of a step.")
  var batch: Int

  @OptionGroup var options: ThreadsOption

  func validate() throws {
    guard batch > 0 else { throw ValidationError("The batch must be positive, got \(batch).") }
  }

  func run() throws {
    Parallelism.threads = options.threads
    let model = try benchmarkModel(named: model)
    var work: any StepWorkload =
      switch kind {
      case .train: try TrainingStep(of: model, batch: batch)
      case .sample: try SamplingStep(of: model, batch: batch)
      }
    let clock = ContinuousClock()
    answer("ready")
    while let line = readLine() {
      guard let steps = Int(line) else {
        throw ValidationError("Standard input must hold numbers of steps, got '\(line)'.")
      }
      let time = try clock.measure { for _ in 0..<steps { try work.step() } }
      answer("\(time / .seconds(1))")
    }
  }
}

/// Writes a line at once, whatever standard output is.
func answer(_ line: String) {
  FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

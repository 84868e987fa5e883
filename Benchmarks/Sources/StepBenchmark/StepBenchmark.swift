// Runs one step for each line on standard input and answers with its seconds, so that a driver can
// take turns with another program.

import Foundation
import MixFlowModels
import MixFlowTensor
import MixFlowTraining

/// Random weights everywhere, as in the middle of training: no zero is special.
final class MidTraining: ParameterSource {
  private let source = RandomParameters(seed: 1)

  func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
    source.value(for: key, shape: shape, initializer: .normal(deviation: 0.02))
  }
}

/// One model and the data of its steps.
struct Workload {
  private let model: SiT
  private let optimizer: AdamW
  private let x1: Tensor
  private let labels: [Int]
  private let isTraining: Bool
  private var generator = Philox(seed: 0)

  init(model name: String, batch: Int, isTraining: Bool) throws {
    let sizes =
      name == "tiny"
      ? SiTConfiguration(inputSize: 16, patchSize: 2, inChannels: 3, width: 128, depth: 6, heads: 4)
      : try SiTConfiguration(named: name)
    model = try SiT(sizes, from: MidTraining())
    optimizer = AdamW(model.parameters, options: AdamW.Options())
    x1 = Tensor(normal: [batch] + model.sampleShape, using: &generator)
    labels = (0..<batch).map { $0 * 97 % 1000 }
    self.isTraining = isTraining
  }

  mutating func step() {
    let t = labels.map { _ in generator.nextUniform() }
    guard isTraining else {
      _ = model(Variable(constant: x1), t: t, labels: labels)
      return
    }
    let x0 = Tensor(normal: x1.shape, using: &generator)
    let xt = Tensor.combination(of: [(t, x1), (t.map { 1 - $0 }, x0)])
    let tape = Tape()
    let prediction = model(Variable(constant: xt), t: t, labels: labels, on: tape)
    let losses = meanSquaredError(prediction, target: x1 - x0)
    tape.backward(
      from: losses, gradient: Tensor(repeating: 1 / Float(t.count), shape: losses.shape))
    let norm = gradientNorm(optimizer.parameters)
    optimizer.update(learningRate: 1e-4, gradientScale: clippingFactor(norm: norm, limit: 1))
  }
}

@main
enum StepBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let batch = Int(arguments[2]), let threads = Int(arguments[4])
    else {
      print("usage: StepBenchmark tiny|S/2|B/2|XL/2 BATCH train|forward THREADS")
      exit(64)
    }
    Parallelism.threads = threads
    var work = try Workload(
      model: arguments[1], batch: batch, isTraining: arguments[3] == "train")
    let clock = ContinuousClock()
    answer("ready")
    while readLine() != nil { answer("\(clock.measure { work.step() } / .seconds(1))") }
  }

  /// Writes a line at once, whatever standard output is.
  private static func answer(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }
}

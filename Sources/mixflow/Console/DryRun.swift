import Foundation
import MixFlowConfiguration
import MixFlowModels
import MixFlowTensor
import MixFlowTraining

/// What a run would do and take: configuration, parameters, memory and time.
struct DryRun {
  private let configuration: RunConfiguration
  private let sizes: SiTConfiguration

  /// Checks the whole configuration, the data included.
  init(_ configuration: RunConfiguration) throws {
    self.configuration = configuration
    sizes = try configuration.validated()
    _ = try configuration.data.open(for: sizes)
  }

  func print() throws {
    let text = try ConfigurationFile.yaml(configuration)
    let speed = try measuredSpeed()
    let seconds = operationsPerStep / speed * Double(configuration.training.maxSteps)
    try StandardStream.print(
      """
      \(text)
      # parameters  \(Description.grouped(sizes.parameterCount))
      # memory      \(memory)
      # work        \((operationsPerStep / 1e9).formatted("%.1f")) GFLOP a step
      # time        about \(duration(seconds)) for \(configuration.training.maxSteps) steps, if a \
      step runs at the \((speed / 1e9).formatted("%.0f")) GFLOP/s that products reach here
      """)
    for warning in Description.warnings(configuration) {
      try StandardStream.print("# note        \(warning)")
    }
  }

  /// Floating-point operations of a step: forward, twice as many backward, and forward again where
  /// activations are recomputed.
  private var operationsPerStep: Double {
    let (width, tokens) = (Double(sizes.width), Double(sizes.tokens))
    let linear = (8 + 4 * Double(sizes.mlpRatio)) * width * width * tokens
    let attention = 4 * tokens * tokens * width
    let modulation = 12 * width * width
    let block = linear + attention + modulation
    let again =
      switch configuration.training.activationCheckpointing {
      case "full": block
      case "selective": 2 * Double(sizes.mlpRatio) * width * width * tokens
      default: 0.0
      }
    return Double(configuration.training.batchSize) * Double(sizes.depth) * (3 * block + again)
  }

  /// The memory at the peak of a step, and with recomputed activations where that is much less.
  private var memory: String {
    let peak = TrainingMemory(sizes, configuration.training).peak
    var recomputing = configuration.training
    recomputing.activationCheckpointing = "full"
    let least = TrainingMemory(sizes, recomputing).peak
    let hint =
      Double(least) < 0.9 * Double(peak)
      ? "; \(gibibytes(least)) with training.activation_checkpointing: full"
      : ""
    return "about \(gibibytes(peak)) GiB\(hint)"
  }

  private func gibibytes(_ bytes: Int) -> String {
    (Double(bytes) / 0x1p30).formatted("%.1f")
  }

  /// Operations per second of a product of this model's size.
  private func measuredSpeed() throws -> Double {
    let x = Tensor(repeating: 0.5, shape: [min(2048, sizes.tokens * 8), sizes.width])
    let weight = Tensor(repeating: 0.5, shape: [4 * sizes.width, sizes.width])
    let operations = 2 * Double(x.count) * Double(weight.shape[0])
    let clock = ContinuousClock()
    let times = (0..<5).map { _ in
      clock.measure { _ = linear(x, weight: weight, bias: nil) } / .seconds(1)
    }
    return operations / (times.min() ?? 1)
  }
}

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
      # memory      about \(gibibytes(memory)) GiB
      # work        \((operationsPerStep / 1e9).formatted("%.1f")) GFLOP a step
      # time        about \(duration(seconds)) for \(configuration.training.maxSteps) steps, if a \
      step runs at the \((speed / 1e9).formatted("%.0f")) GFLOP/s that products reach here
      """)
    for warning in Description.warnings(configuration) {
      try StandardStream.print("# note        \(warning)")
    }
  }

  /// Floating-point operations of a step, forward and backward.
  private var operationsPerStep: Double {
    let (width, tokens) = (Double(sizes.width), Double(sizes.tokens))
    let linear = (8 + 4 * Double(sizes.mlpRatio)) * width * width * tokens
    let attention = 4 * tokens * tokens * width
    let modulation = 12 * width * width
    let block = linear + attention + modulation
    return 3 * Double(configuration.training.batchSize) * Double(sizes.depth) * block
  }

  /// Bytes of weights, gradients, two moments and EMA, and of what a micro-batch keeps for backward.
  private var memory: Double {
    let state = 20 * Double(sizes.parameterCount)
    let samples = Double(
      configuration.training.batchSize / configuration.training.gradAccumSteps)
    let perToken = Double(sizes.width * (9 + 2 * sizes.mlpRatio) * 4 * sizes.depth)
    return state + samples * Double(sizes.tokens) * perToken
  }

  private func gibibytes(_ bytes: Double) -> String {
    (bytes / 1_073_741_824).formatted("%.1f")
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

import Foundation
import MixFlowModels

/// The memory that training holds at its peak, in bytes, without the program itself.
public struct TrainingMemory: Equatable, Sendable {
  /// Weights, two moments and the moving average.
  public let state: Int
  /// The gradients that exist at once: as large as the weights, or the largest one where each is used up
  /// within the backward pass.
  public let gradients: Int
  /// What the forward pass of a micro-batch leaves for the backward pass through all blocks but one.
  public let activations: Int
  /// What the backward pass through one block holds at once.
  public let block: Int
  /// Whether gradients wait while the next micro-batch runs forward.
  private let accumulates: Bool

  /// Estimates the memory of a run.
  ///
  /// - Parameters:
  ///   - sizes: The model's sizes.
  ///   - training: The batch, its pieces and what is kept of a block; checked before.
  public init(_ sizes: SiTConfiguration, _ training: TrainingSection) {
    let floats = MemoryLayout<Float>.stride
    let samples = training.batchSize / training.gradAccumSteps
    // One value for each sample, token and channel of width.
    let layer = floats * samples * sizes.tokens * sizes.width
    // The input of the block and of its layers; the first layer of the MLP keeps both sides of GELU.
    let kept = (10 + 2 * sizes.mlpRatio) * layer
    state = 4 * floats * sizes.parameterCount
    gradients =
      floats
      * (training.optimizerInBackward
        ? max(6, sizes.mlpRatio) * sizes.width * sizes.width : sizes.parameterCount)
    activations =
      switch training.activationCheckpointing {
      // The block's input, alone or with queries, keys, values and the results of attention, its
      // projection and the MLP.
      case "full": sizes.depth * layer
      case "selective": sizes.depth * 7 * layer
      default: (sizes.depth - 1) * kept
      }
    block = kept + 2 * sizes.mlpRatio * layer
    accumulates = training.gradAccumSteps > 1
  }

  /// The most memory held at once.
  ///
  /// In the backward pass gradients take the place of activations, so that the larger of both counts.
  public var peak: Int {
    state + block + (accumulates ? gradients + activations : max(gradients, activations))
  }

  /// Refuses a run that needs more than there is.
  ///
  /// - Parameters:
  ///   - available: The memory of the machine in bytes.
  ///   - training: The section that this was estimated from.
  /// - Throws: ``ConfigurationError`` that names the key to change.
  package func check(against available: UInt64, _ training: TrainingSection)
    throws(ConfigurationError)
  {
    func gibibytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 0x1p30) }
    guard peak > available else { return }
    let machine = "this machine has \(gibibytes(Int(available))) GiB"
    guard state + gradients <= available else {
      throw ConfigurationError(
        key: "model",
        problem: "needs \(gibibytes(state + gradients)) GiB for weights, gradients and optimizer; "
          + machine)
    }
    let mend =
      training.activationCheckpointing == "full"
      ? "raise training.grad_accum_steps" : "set training.activation_checkpointing: full"
    throw ConfigurationError(
      key: "training.batch_size",
      problem: "needs \(gibibytes(peak)) GiB with the activations of "
        + "\(training.batchSize / training.gradAccumSteps) samples; \(machine): \(mend), or lower it"
    )
  }
}

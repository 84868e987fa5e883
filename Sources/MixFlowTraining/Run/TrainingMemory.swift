import Foundation
import MixFlowModels

/// The memory that training holds at its peak, in bytes, without the program itself.
public struct TrainingMemory: Equatable, Sendable {
  /// Weights, and two moments and the moving averages of those that are trained.
  public let state: Int
  /// The gradients that exist at once: as large as the weights, or the largest one where each is used up
  /// within the backward pass.
  public let gradients: Int
  /// What the forward pass of a micro-batch leaves for the backward pass through all blocks but one.
  public let activations: Int
  /// What the backward pass through one block holds at once.
  public let block: Int
  /// The encoder's weights and work, its features of a micro-batch and what the projectors leave for
  /// the backward pass; 0 without alignment.
  public let alignment: Int
  /// Whether gradients wait while the next micro-batch runs forward.
  private let accumulates: Bool

  /// Estimates the memory of a run.
  ///
  /// - Parameters:
  ///   - sizes: The model's sizes.
  ///   - training: The batch, its pieces and what is kept of a block; checked before.
  ///   - encoder: The encoder that REPA's model is aligned to while it trains, if there is one.
  ///   - trained: The values that are not frozen; nil for all.
  ///   - optimizerShares: The number of processes that share the optimizer's state and the averages.
  public init(
    _ sizes: ModelConfiguration, _ training: TrainingSection, encoder: AlignmentEncoder? = nil,
    trained: Int? = nil, optimizerShares: Int = 1
  ) {
    let trained = trained ?? sizes.parameterCount
    let floats = MemoryLayout<Float>.stride
    let tokens = training.batchSize / training.gradAccumSteps * sizes.tokens
    let stages = sizes.stages.map { stage in
      StageMemory(stage, floatsPerChannel: tokens, checkpointing: training.activationCheckpointing)
    }
    state =
      floats
      * (sizes.parameterCount + (3 + training.furtherAverages.count) * trained / optimizerShares)
    gradients =
      floats
      * (training.optimizerInBackward
        ? min(trained, stages.map(\.largestParameter).max() ?? 0) : trained)
    activations = floats * stages.reduce(0) { $0 + $1.kept }
    block = floats * (stages.map(\.block).max() ?? 0)
    accumulates = training.gradAccumSteps > 1
    guard training.projCoeff != 0, case .repa(let repa) = sizes else {
      self.alignment = 0
      return
    }
    // Of a projector both sides of its two functions and what the loss normalises; and the features.
    let perToken = repa.featureWidths.reduce(0) { $0 + 4 * repa.projectorWidth + 4 * $1 }
    self.alignment = floats * tokens * perToken + (encoder?.byteCount ?? 0)
  }

  /// The most memory held at once.
  ///
  /// In the backward pass gradients take the place of activations, so that the larger of both counts.
  public var peak: Int {
    state + block + alignment
      + (accumulates ? gradients + activations : max(gradients, activations))
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

/// The floats that the blocks of one width need.
private struct StageMemory {
  /// What the forward pass leaves of all blocks but the one that the backward pass works on.
  let kept: Int
  /// What the backward pass through one block holds at once.
  let block: Int
  let largestParameter: Int

  init(_ stage: ModelConfiguration.Stage, floatsPerChannel tokens: Int, checkpointing: String) {
    // The input of the block and of its layers; the first layer of the MLP keeps both sides of its
    // function, and where each token has its own modulation, that and its gradient are as large.
    let modulation = stage.isModulatedByToken ? 6 * stage.width : 0
    let all = tokens * (10 * stage.width + 2 * stage.hidden + modulation)
    kept =
      switch checkpointing {
      // The block's input, alone or with queries, keys, values and the results of attention, its
      // projection and the MLP.
      case "full": stage.depth * tokens * stage.width
      case "selective": stage.depth * tokens * (7 * stage.width + modulation)
      default: (stage.depth - 1) * all
      }
    block = all + tokens * (2 * stage.hidden + modulation)
    largestParameter = stage.width * max(6 * stage.width, stage.hidden)
  }
}

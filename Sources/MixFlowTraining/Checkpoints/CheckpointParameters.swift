import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// Takes a model's parameters from a checkpoint file.
public final class CheckpointParameters: ParameterSource {
  private let reader: StateDictReader

  /// Reads from a state dict.
  public init(_ state: StateDict) {
    reader = StateDictReader(state)
  }

  /// Returns a parameter in place of its initial value.
  public func value(
    for key: String, shape: [Int], initializer: Initializer
  ) throws -> Tensor {
    try reader.tensor(key, shape: shape)
  }

  /// Returns a buffer, computed where the file does not hold it.
  public func buffer(for key: String, formula: Tensor) throws -> Tensor {
    reader.contains(key) ? try reader.tensor(key, shape: formula.shape) : formula
  }

  /// Refuses a file that holds more than the model took.
  public func expectAllRead() throws(CheckpointError) {
    try reader.expectAllRead()
  }
}

/// Which of a checkpoint's weights to use.
public enum WeightsChoice: String, CaseIterable, Codable, Sendable {
  /// The moving average where the file has one, else the weights.
  case auto
  /// The moving average.
  case ema
  /// The weights that the optimizer changes.
  case raw
}

extension StateDict {
  /// The prefixes of the two sets of weights in a training checkpoint.
  package enum Prefix {
    package static let model = "model."
    package static let average = "ema."
    package static let first = "exp_avg."
    package static let second = "exp_avg_sq."
  }

  /// The beginnings that wrappers of PyTorch give all keys: `DistributedDataParallel` and `compile`.
  private static let wrappers = ["module.", "_orig_mod."]

  /// Returns the weights of a model from a training checkpoint or a bare state dict.
  ///
  /// A training checkpoint of ours does not repeat what is not trained: averages are completed from
  /// the weights. The names of PyTorch's wrappers are removed.
  ///
  /// - Parameter choice: Which weights to use.
  /// - Returns: The state dict with the model's own keys.
  /// - Throws: `CheckpointError` when the file does not have the weights asked for.
  public func weights(_ choice: WeightsChoice) throws -> StateDict {
    let hasAverage = hasPrefix(Prefix.average)
    let wantsAverage = resolved(choice) == .ema
    guard !wantsAverage || hasAverage else {
      throw CheckpointError.weights(
        reason: "holds no averages (ema); give raw, or leave the choice of weights out", file: file)
    }
    guard hasPrefix(Prefix.model) else {
      guard !hasAverage else {
        guard wantsAverage else {
          throw CheckpointError.weights(
            reason: "holds averages alone; give ema, or leave the choice of weights out",
            file: file)
        }
        return try strippingPrefix(Prefix.average).unwrapped
      }
      return try (hasPrefix("state_dict.") ? strippingPrefix("state_dict.") : self).unwrapped
    }
    let raw = try strippingPrefix(Prefix.model).unwrapped
    guard wantsAverage else { return raw }
    let average = try strippingPrefix(Prefix.average).unwrapped
    let averaged = Set(average.keys)
    guard !averaged.isSuperset(of: raw.keys) else { return average }
    return StateDict(
      try raw.keys.map { key in
        (key: key, value: averaged.contains(key) ? try average.tensor(key) : try raw.tensor(key))
      }, file: file)
  }

  /// Says which weights `auto` stands for: the averages where there are any; a bare state dict does
  /// not tell, and leaves it at `auto`.
  func resolved(_ choice: WeightsChoice) -> WeightsChoice {
    guard choice == .auto else { return choice }
    return hasPrefix(Prefix.average) ? .ema : hasPrefix(Prefix.model) ? .raw : .auto
  }

  /// The same tensors without the beginnings of wrappers that all keys have.
  private var unwrapped: StateDict {
    get throws {
      for wrapper in Self.wrappers where keys.allSatisfy({ $0.hasPrefix(wrapper) }) && !keys.isEmpty
      {
        return try strippingPrefix(wrapper).unwrapped
      }
      return withCurrentKeys
    }
  }

  /// The same tensors with today's keys of the blocks that REPA's first code kept in a second list.
  private var withCurrentKeys: StateDict {
    guard hasPrefix("decoder_blocks.") else { return self }
    let encoderDepth = (0...).prefix { hasPrefix("blocks.\($0).") }.count
    return renaming { REPASiTConfiguration.currentKey(forLegacy: $0, encoderDepth: encoderDepth) }
  }
}

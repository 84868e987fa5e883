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

extension StateDict {
  /// The prefixes of the two sets of weights in a training checkpoint.
  package enum Prefix {
    package static let model = "model."
    package static let average = "ema."
    package static let first = "exp_avg."
    package static let second = "exp_avg_sq."
    /// The beginning of the keys of a further average.
    package static func average(decay: Double) -> String { "ema_\(decay)." }
    /// The beginning of the keys of a power-function average.
    package static func posthoc(width: Double) -> String { "posthoc_\(width)." }
    /// The beginning of the keys of an average beside the first.
    static func further(_ average: MovingAverage) -> String {
      switch average {
      case .exponential(let decay): Self.average(decay: decay)
      case .power(let width): posthoc(width: width)
      }
    }
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
    if case .average(let decay) = choice { return try weights(averagedWith: decay) }
    if case .posthoc(let width) = choice { return try weights(averagedOverWidth: width) }
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
    return try raw.completed(by: try strippingPrefix(Prefix.average).unwrapped)
  }

  /// The decays of the further averages.
  package var furtherDecays: [Double] {
    let found = keys.compactMap { $0.prefixMatch(of: /ema_([0-9.e-]+)\./)?.output.1 }
    return Set(found).compactMap { Double($0) }.sorted()
  }

  /// The relative widths of the power-function averages.
  package var posthocWidths: [Double] {
    let found = keys.compactMap { $0.prefixMatch(of: /posthoc_([0-9.e-]+)\./)?.output.1 }
    return Set(found).compactMap { Double($0) }.sorted()
  }

  /// The weights of a further average.
  private func weights(averagedWith decay: Double) throws -> StateDict {
    let prefix = Prefix.average(decay: decay)
    guard hasPrefix(prefix) else {
      let present =
        furtherDecays.map { "ema:\($0)" } + (hasPrefix(Prefix.average) ? ["ema"] : [])
        + (hasPrefix(Prefix.model) ? ["raw"] : [])
      throw CheckpointError.weights(
        reason: "has no average of decay \(decay); "
          + (present.isEmpty
            ? "it holds one set of weights alone: leave the choice of weights out"
            : "give one that it has: \(present.joined(separator: ", "))"),
        file: file)
    }
    let raw = try strippingPrefix(Prefix.model).unwrapped
    return try raw.completed(by: try strippingPrefix(prefix).unwrapped)
  }

  /// The weights of a power-function average.
  private func weights(averagedOverWidth width: Double) throws -> StateDict {
    let prefix = Prefix.posthoc(width: width)
    guard hasPrefix(prefix), hasPrefix(Prefix.model) else {
      let choices = posthocWidths.map { "posthoc:\($0)" }.joined(separator: ", ")
      let found =
        choices.isEmpty ? "holds no such averages" : "holds no such average but \(choices)"
      throw CheckpointError.weights(
        reason: "\(found); of a run with training.posthoc_ema, 'mixflow convert RUN_FOLDER OUT "
          + "--posthoc-ema \(width)' makes one of any width", file: file)
    }
    let raw = try strippingPrefix(Prefix.model).unwrapped
    return try raw.completed(by: try strippingPrefix(prefix).unwrapped)
  }

  /// The averages, and these weights where there is no average.
  private func completed(by average: StateDict) throws -> StateDict {
    let raw = self
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

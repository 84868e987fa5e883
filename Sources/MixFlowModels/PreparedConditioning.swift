import MixFlowTensor

/// What a network makes of times and classes alone, made ahead of the states.
///
/// Sampling meets the same few pairs of a time and a class in all its samples, and knows them
/// beforehand. Prepared together, they pass the weights of all modulations once.
public struct PreparedConditioning: Sendable {
  /// The modulation of each layer, `[pairs, chunks · D]`, and what else the network makes of them.
  private let modulations: [Tensor]
  /// The pair of each sample.
  private let pairs: [Int]

  /// Keeps the modulations of all layers, one row for each pair, for as many samples.
  init(modulations: [Tensor]) {
    self.modulations = modulations
    pairs = Array(0..<(modulations.first?.shape[0] ?? 0))
  }

  private init(modulations: [Tensor], pairs: [Int]) {
    self.modulations = modulations
    self.pairs = pairs
  }

  /// The number of samples that it conditions.
  public var sampleCount: Int { pairs.count }

  /// Chooses which of these samples' conditioning each of other samples has, without a copy.
  ///
  /// - Parameter choice: For each new sample the index of one of these.
  /// - Returns: The conditioning of the new samples.
  public func choosing(_ choice: [Int]) -> PreparedConditioning {
    PreparedConditioning(modulations: modulations, pairs: choice.map { pairs[$0] })
  }

  /// How often the batch of states is taken, one copy after another, to have one for each sample.
  func copies(of x: Tensor) -> Int {
    let (copies, rest) = sampleCount.quotientAndRemainder(dividingBy: x.shape[0])
    precondition(copies > 0 && rest == 0, "states \(x.shape) for \(sampleCount) samples")
    return copies
  }

  /// The modulation of a layer, `[sampleCount, chunks · D]`.
  func modulation(_ layer: Int) -> Variable {
    embedding(pairs, table: Variable(constant: modulations[layer]))
  }
}

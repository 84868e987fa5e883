import MixFlowTensor

extension SiT {
  /// The numbers that a pair of a time and a class is prepared to.
  public var conditioningWidth: Int {
    modulations.reduce(0) { $0 + $1.outputs }
  }

  /// Prepares pairs of a time and a class for ``callAsFunction(_:_:)``.
  ///
  /// - Parameters:
  ///   - t: A time for each pair.
  ///   - labels: A class for each pair; ``SiTConfiguration/nullClass`` for none.
  /// - Returns: The modulations of all layers.
  public func conditioning(t: [Float], labels: [Int]) -> PreparedConditioning {
    let embedded = conditioningVector(t: t, labels: labels, on: nil)
    return PreparedConditioning(modulations: modulations.map { $0(embedded, on: nil).value })
  }

  /// Predicts for times and classes that were prepared, in the bits of
  /// ``callAsFunction(_:t:labels:on:)``.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - conditioning: The conditioning of `B` samples or of a multiple of `B`; the states are taken
  ///     in turn, so that guidance need not double them.
  /// - Returns: `[conditioning.sampleCount, C, H, W]`.
  public func callAsFunction(_ x: Tensor, _ conditioning: PreparedConditioning) -> Tensor {
    var tokens = tokens(of: Variable(constant: x), copies: conditioning.copies(of: x), on: nil)
    for (index, block) in blocks.enumerated() {
      tokens = block(tokens, modulation: conditioning.modulation(index), on: nil)
    }
    let patches = finalLayer(tokens, modulation: conditioning.modulation(blocks.count), on: nil)
    return images(of: patches).value
  }

  private var modulations: [Modulation] { blocks.map(\.modulation) + [finalLayer.modulation] }
}

import MixFlowTensor

extension SiTNetwork {
  /// The numbers that a pair of a time and a class is prepared to.
  var conditioningWidth: Int {
    modulations.reduce(0) { $0 + $1.outputs }
  }

  /// Prepares pairs of a time and a class: the modulations of all layers.
  func conditioning(t: [Float], labels: [Int]) -> PreparedConditioning {
    let embedded = conditioningVector(t: t, labels: labels, on: nil)
    return PreparedConditioning(modulations: modulations.map { $0(embedded, on: nil).value })
  }

  /// Maps states `[B, C, H, W]` to `[conditioning.sampleCount, outputChannels, H, W]`.
  func callAsFunction(_ x: Tensor, _ conditioning: PreparedConditioning) -> Tensor {
    var tokens = tokens(of: Variable(constant: x), copies: conditioning.copies(of: x), on: nil)
    for (index, block) in blocks.enumerated() {
      tokens = block(tokens, modulation: conditioning.modulation(index), on: nil)
    }
    let patches = finalLayer(tokens, modulation: conditioning.modulation(blocks.count), on: nil)
    return images(of: patches).value
  }

  private var modulations: [Modulation] { blocks.map(\.modulation) + [finalLayer.modulation] }
}

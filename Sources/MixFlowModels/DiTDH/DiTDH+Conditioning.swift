import MixFlowTensor

extension DiTDH {
  /// All parameters, in the order of the official state dict.
  public var parameters: [Parameter] { stateDictEntries.compactMap(\.parameter) }
  /// The shape of one sample, `[C, H, W]`.
  public var sampleShape: [Int] {
    [configuration.inChannels, configuration.inputSize, configuration.inputSize]
  }
  /// The number of classes, the null class not counted.
  public var classCount: Int { configuration.classCount }
  /// The label that stands for no class, or nil when the model has none.
  public var nullClass: Int? { configuration.nullClass }

  /// The numbers that a pair of a time and a class is prepared to.
  public var conditioningWidth: Int {
    encoder.reduce(configuration.encoder.width) { $0 + $1.modulation.outputs }
  }

  /// Prepares pairs of a time and a class for ``callAsFunction(_:_:)``.
  ///
  /// The decoder's modulations depend on the state; of times and classes it knows the embedding of
  /// the time alone.
  ///
  /// - Parameters:
  ///   - t: A time for each pair.
  ///   - labels: A class for each pair; ``DiTDHConfiguration/nullClass`` for none.
  /// - Returns: The modulations of the encoder, and the embeddings of the times.
  public func conditioning(t: [Float], labels: [Int]) -> PreparedConditioning {
    let time = timeEmbedder(t, on: nil)
    let vector = conditioningVector(time: time, labels: labels, on: nil)
    return PreparedConditioning(
      modulations: encoder.map { $0.modulation(vector, on: nil).value } + [time.value])
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
    let copies = conditioning.copies(of: x)
    var encoded = encoderTokens(of: Variable(constant: x), copies: copies, on: nil)
    for (index, block) in encoder.enumerated() {
      encoded = block(encoded, modulation: conditioning.modulation(index), on: nil)
    }
    let time = conditioning.modulation(encoder.count)
    return decoded(encoded, time: time, tokens: decoderTokens(of: x, copies: copies), on: nil).value
  }
}

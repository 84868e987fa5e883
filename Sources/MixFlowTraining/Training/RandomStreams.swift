import MixFlowTensor

/// The purposes that draw random numbers; each has streams of its own under one seed.
///
/// A stream is named by a purpose and an index, such as a sample's place in training, so that draws
/// depend on neither batch size nor threads, and a resumed run needs no generator state.
public enum RandomPurpose: UInt64, Sendable {
  /// Time, slowed time, noise and label dropout of one training sample.
  case training = 1
  /// The starting noise of one generated sample.
  case samplingNoise = 2
  /// The noise of one stochastic step of one generated sample.
  case stochasticStep = 3
  /// The order of the samples in one epoch.
  case epoch = 5
  /// The images of one class that a smaller data set keeps.
  case subset = 6
  /// The signs of one evaluation of a likelihood, for one sample.
  case probe = 7
  /// The latent that one training sample draws from an autoencoder's posterior.
  case latent = 8
  /// Where in the interval of its byte a pixel lies whose likelihood is measured.
  case dequantization = 9
  /// The choice of held-out samples, and a seed for all draws of their loss.
  case validation = 12

  /// Opens the stream of `index` under `seed`.
  public func generator(seed: UInt64, index: Int) -> Philox {
    Philox(seed: seed ^ (rawValue << 56), stream: UInt64(bitPattern: Int64(index)))
  }
}

import MixFlowImage
import MixFlowModels
import MixFlowTensor
import MixFlowTransport

/// Draws samples of a model, each from noise of its own.
///
/// Sample `i` of a seed starts from the same noise whatever batch it is in, however many threads
/// work, and wherever a longer run was interrupted.
public struct SampleGenerator {
  private let model: any ClassConditionalModel
  private let sampler: any NetworkSampler
  private let guidance: ClassifierFreeGuidance
  private let guide: (any ClassConditionalModel)?
  private let guidedChannels: Int?
  private let seed: UInt64

  /// Creates a generator.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - sampler: The way from noise to samples.
  ///   - guidance: Scale and interval of guidance.
  ///   - guide: The worse model of autoguidance, or nil for classifier-free guidance.
  ///   - guidedChannels: The number of leading channels that are guided, or nil for all.
  ///   - seed: The seed of all noise.
  public init(
    model: any ClassConditionalModel, sampler: any NetworkSampler, guidance: ClassifierFreeGuidance,
    guide: (any ClassConditionalModel)? = nil, guidedChannels: Int? = nil, seed: UInt64
  ) {
    self.model = model
    self.sampler = sampler
    self.guidance = guidance
    self.guide = guide
    self.guidedChannels = guidedChannels
    self.seed = seed
  }

  /// Draws the samples of some indices.
  ///
  /// - Parameters:
  ///   - first: The index of the first sample.
  ///   - labels: The class of each sample from there on.
  ///   - observer: Called after every step of the solver; it cancels by throwing.
  /// - Returns: `[labels.count, C, H, W]`.
  /// - Throws: ``SamplingError``, `TransportError`, or what `observer` throws.
  public func samples(
    from first: Int, labels: [Int], observer: (SolverStep<Tensor>) throws -> Void = { _ in }
  ) throws -> Tensor {
    let isPaired = sampler.isAdaptive && guidance.scale != 1 && guide == nil
    let network = try GuidedNetwork(
      model, labels: labels, guidance: guidance, guide: guide, guidedChannels: guidedChannels,
      state: isPaired ? .paired : .single, times: sampler.evaluationTimes)
    let indices = first..<first + labels.count
    let start = noise { RandomPurpose.samplingNoise.generator(seed: seed, index: $0) }
    func noise(_ generator: (Int) -> Philox) -> Tensor {
      let single = normal(indices.map(generator))
      return isPaired ? .concatenation([single, single]) : single
    }
    let result = try sampler.sample(
      from: start, through: network,
      stochasticNoise: { step in
        noise { index in
          RandomPurpose.stochasticStep.generator(seed: seed, index: index << 24 | step)
        }
      }, observer: observer
    ).samples(0..<labels.count)
    guard result.isFinite() else { throw SamplingError.notFinite(firstSample: first) }
    return result
  }

  private func normal(_ generators: [Philox]) -> Tensor {
    let size = model.sampleShape.reduce(1, *)
    return Tensor(shape: [generators.count] + model.sampleShape) { buffer in
      for (place, generator) in generators.enumerated() {
        var generator = generator
        generator.fillNormal(
          UnsafeMutableBufferPointer(rebasing: buffer[place * size..<(place + 1) * size]))
      }
    }
  }
}

extension Tensor {
  /// Returns the samples of `[B, C, H, W]` as images, for 1 or 3 channels.
  ///
  /// - Parameter rule: The rule from floats to bytes.
  /// - Returns: One image for each sample.
  public func images(_ rule: Quantization) -> [Image] {
    let size = shape.dropFirst().reduce(1, *)
    return withUnsafeBufferPointer { buffer in
      (0..<shape[0]).map { sample in
        rule.image(
          UnsafeBufferPointer(rebasing: buffer[sample * size..<(sample + 1) * size]),
          channels: shape[1], height: shape[2], width: shape[3])
      }
    }
  }
}

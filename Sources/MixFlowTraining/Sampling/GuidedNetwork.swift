import MixFlowModels
import MixFlowTensor
import MixFlowTransport

/// A model with its classes and its guidance, as the solvers see it: `(x, t) -> prediction`.
public struct GuidedNetwork {
  /// What each sample carries through the solver.
  public enum State: Sendable {
    /// The sample alone.
    case single
    /// The sample and, in a second half of the batch, its unguided companion.
    ///
    /// Upstream integrates both halves. The second never feeds the model, but an adaptive solver
    /// measures its error too, so the steps are upstream's only with it.
    case paired
  }

  /// A worse model for autoguidance, with the conditioning of the times at which it is asked.
  private struct Guide {
    let model: any ClassConditionalModel
    let conditioning: ConditioningSchedule
  }

  private let model: any ClassConditionalModel
  private let sampleCount: Int
  private let conditioning: ConditioningSchedule
  private let guide: Guide?
  private let guidance: ClassifierFreeGuidance
  private let guidedChannels: Int
  private let state: State

  /// Binds classes and guidance to a model.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - labels: The class of each sample.
  ///   - guidance: Scale and interval; a scale of 1 is no guidance.
  ///   - guide: A worse model to guide away from, given the same classes (Karras et al., 2024), or nil
  ///     to guide away from the model's own prediction without a class.
  ///   - guidedChannels: The number of leading channels that are guided, or nil for all; SiT and DiT
  ///     guide 3 of 4.
  ///   - state: What the solver carries.
  ///   - times: The times that it will be called with, in order, where they are known: what depends
  ///     on them alone is then computed for several at once.
  /// - Throws: ``SamplingError/noNullClass`` when the model cannot be guided.
  public init(
    _ model: any ClassConditionalModel, labels: [Int],
    guidance: ClassifierFreeGuidance = ClassifierFreeGuidance(scale: 1),
    guide: (any ClassConditionalModel)? = nil, guidedChannels: Int? = nil, state: State = .single,
    times: [Double] = []
  ) throws(SamplingError) {
    precondition(guide == nil || state == .single, "a companion for each sample of autoguidance")
    if let label = labels.first(where: { !(0..<model.classCount ~= $0 || $0 == model.nullClass) }) {
      throw .unknownClass(label, count: model.classCount)
    }
    let nullLabels = model.nullClass.map { Array(repeating: $0, count: labels.count) }
    guard guidance.scale == 1 || nullLabels != nil || guide != nil else { throw .noNullClass }
    let hasGuide = guide != nil
    self.model = model
    sampleCount = labels.count
    conditioning = ConditioningSchedule(model, times: times) { t in
      guidance.isActive(at: t) && !hasGuide ? labels + (nullLabels ?? []) : labels
    }
    self.guide = guide.map { guide in
      Guide(
        model: guide,
        conditioning: ConditioningSchedule(guide, times: times) { t in
          guidance.isActive(at: t) ? labels : []
        })
    }
    self.guidance = guidance
    self.guidedChannels = min(guidedChannels ?? model.sampleShape[0], model.sampleShape[0])
    self.state = state
  }

  /// Predicts for all samples at one time.
  ///
  /// - Parameters:
  ///   - x: `[B, C, H, W]`, twice as many samples when the state is paired.
  ///   - t: The time; the model sees it rounded to float32.
  /// - Returns: The guided prediction, of the shape of `x`; a `DiT`'s has `2 C` channels.
  public func callAsFunction(_ x: Tensor, _ t: Double) -> Tensor { self(x, t, decidedAt: t) }

  /// Predicts for all samples at one time, guided or not by another.
  ///
  /// - Parameters:
  ///   - x: `[B, C, H, W]`, twice as many samples when the state is paired.
  ///   - t: The time; the model sees it rounded to float32.
  ///   - decisionTime: The time by which the call is guided or not.
  /// - Returns: The guided prediction, of the shape of `x`; a `DiT`'s has `2 C` channels.
  public func callAsFunction(
    _ x: Tensor, _ t: Double, decidedAt decisionTime: Double
  ) -> Tensor {
    func predict(_ model: any ClassConditionalModel, _ schedule: ConditioningSchedule) -> Tensor {
      let conditioning = schedule.conditioning(at: t, decidedAt: decisionTime)
      return profiledPass(.forward) { model(x.samples(0..<sampleCount), conditioning) }
    }
    let output = predict(model, conditioning)
    guard guidance.isActive(at: decisionTime) else {
      return state == .paired ? .concatenation([output, output]) : output
    }
    if let guide {
      return extrapolate(
        from: predict(guide.model, guide.conditioning), to: output, scaleOfOthers: 1)
    }
    let conditional = output.samples(0..<sampleCount)
    let unconditional = output.samples(sampleCount..<2 * sampleCount)
    let guided = extrapolate(from: unconditional, to: conditional, scaleOfOthers: 1)
    guard state == .paired else { return guided }
    return .concatenation([
      guided, extrapolate(from: unconditional, to: conditional, scaleOfOthers: 0),
    ])
  }

  /// Guides channel by channel; those that are not guided have a scale of their own, at 1 that of
  /// the better and at 0 that of the worse prediction.
  private func extrapolate(
    from worse: Tensor, to better: Tensor, scaleOfOthers: Double
  ) -> Tensor {
    let planes = better.shape[0] * better.shape[1]
    let shape = [planes] + better.shape.dropFirst(2)
    let scales = (0..<planes).map {
      $0 % better.shape[1] < guidedChannels ? guidance.scale : scaleOfOthers
    }
    return Tensor.combination([
      (scales.map { 1 - $0 }, worse.reshaped(shape)),
      (scales, better.reshaped(shape)),
    ]).reshaped(better.shape)
  }
}

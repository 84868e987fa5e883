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

  private let model: any ClassConditionalModel
  private let labels: [Int]
  private let nullLabels: [Int]?
  private let guidance: ClassifierFreeGuidance
  private let guidedChannels: Int
  private let state: State

  /// Binds classes and guidance to a model.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - labels: The class of each sample.
  ///   - guidance: Scale and interval; a scale of 1 is no guidance.
  ///   - guidedChannels: The number of leading channels that are guided, or nil for all; SiT and DiT
  ///     guide 3 of 4.
  ///   - state: What the solver carries.
  /// - Throws: ``SamplingError/noNullClass`` when the model cannot be guided.
  public init(
    _ model: any ClassConditionalModel, labels: [Int],
    guidance: ClassifierFreeGuidance = ClassifierFreeGuidance(scale: 1),
    guidedChannels: Int? = nil, state: State = .single
  ) throws(SamplingError) {
    if let label = labels.first(where: { !(0..<model.classCount ~= $0 || $0 == model.nullClass) }) {
      throw .unknownClass(label, count: model.classCount)
    }
    nullLabels = model.nullClass.map { Array(repeating: $0, count: labels.count) }
    guard guidance.scale == 1 || nullLabels != nil else { throw .noNullClass }
    self.model = model
    self.labels = labels
    self.guidance = guidance
    self.guidedChannels = min(guidedChannels ?? model.sampleShape[0], model.sampleShape[0])
    self.state = state
  }

  /// Predicts for all samples at one time.
  ///
  /// - Parameters:
  ///   - x: `[B, C, H, W]`, twice as many samples when the state is paired.
  ///   - t: The time; the model sees it rounded to float32.
  /// - Returns: The guided prediction, of the shape of `x`.
  public func callAsFunction(_ x: Tensor, _ t: Double) -> Tensor {
    let sample = state == .paired ? x.samples(0..<labels.count) : x
    guard let nullLabels, guidance.isActive(at: t) else {
      let output = predict(sample, t, labels)
      return state == .paired ? .concatenation([output, output]) : output
    }
    let both = predict(.concatenation([sample, sample]), t, labels + nullLabels)
    let conditional = both.samples(0..<labels.count)
    let unconditional = both.samples(labels.count..<2 * labels.count)
    let guided = guidance.combine(conditional: conditional, unconditional: unconditional)
    let first = keepingUnguidedChannels(of: conditional, in: guided)
    guard state == .paired else { return first }
    return .concatenation([first, keepingUnguidedChannels(of: unconditional, in: guided)])
  }

  private func predict(_ x: Tensor, _ t: Double, _ labels: [Int]) -> Tensor {
    let times = Array(repeating: Float(t), count: labels.count)
    return profiledPass(.forward) {
      model(Variable(constant: x), t: times, labels: labels, on: nil).value
    }
  }

  private func keepingUnguidedChannels(of output: Tensor, in guided: Tensor) -> Tensor {
    guard guidedChannels < guided.shape[1] else { return guided }
    var result = guided
    result.replaceChannels(from: guidedChannels, by: output)
    return result
  }
}

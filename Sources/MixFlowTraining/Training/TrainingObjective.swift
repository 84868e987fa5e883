import MixFlowTensor
import MixFlowTransport

/// What a run minimizes: how noise and data become a question to the network, and how its answer is
/// measured.
public enum TrainingObjective: Sendable {
  /// The regression of a flow, plain or MixFlow's, at times of a law.
  case flow(Objective, times: MixFlowTimestepSampler)
  /// DiT's: the noise's squared error and the bound of the learned variance, at whole steps, all
  /// equally likely.
  case diffusion(GaussianDiffusion)

  /// What the network is asked about a batch.
  struct Question {
    /// What it sees, `[B, C, H, W]`.
    let input: Tensor
    /// The times that it is told, `[B]`.
    let t: [Float]
    /// The loss of each sample for its answer, `[B]`.
    let loss: (Variable) -> Variable
  }

  /// Draws the time of one sample and that of its input; a diffusion's are whole steps.
  func sampleTimes(using generator: inout Philox) -> Timesteps {
    switch self {
    case .flow(_, let times): return times.sample(using: &generator)
    case .diffusion(let diffusion):
      let step = Double(diffusion.stepCount) * generator.uniform()
      let whole = min(step.rounded(.down), Double(diffusion.stepCount - 1))
      return Timesteps(t: whole, m: whole)
    }
  }

  /// Asks about a batch.
  ///
  /// - Parameters:
  ///   - noise: Standard normal numbers, `[B, C, H, W]`.
  ///   - data: The data, of the same shape.
  ///   - times: What ``sampleTimes(using:)`` drew for each sample.
  /// - Returns: The question.
  func question(noise: Tensor, data: Tensor, times: [Timesteps]) -> Question {
    switch self {
    case .flow(let objective, _):
      let example = objective.example(x0: noise, x1: data, t: times.map(\.t), m: times.map(\.m))
      let (target, weights) = (example.target, example.weight.map(Float.init))
      return Question(input: example.input, t: example.t.map(Float.init)) {
        meanSquaredError($0, target: target, weights: weights)
      }
    case .diffusion(let diffusion):
      let steps = times.map { Int($0.t) }
      return Question(
        input: diffusion.noised(data, with: noise, t: steps),
        t: steps.map { Float(diffusion.trainingSteps[$0]) }
      ) { diffusion.loss($0, data: data, noise: noise, t: steps) }
    }
  }
}

extension RunConfiguration {
  /// What the run minimizes.
  ///
  /// - Throws: ``ConfigurationError`` that names the key.
  public func trainingObjective() throws -> TrainingObjective {
    guard try model.kind() == .dit else {
      return .flow(try objective(), times: try timestepSampler())
    }
    try require(
      transport == TransportSection(), "transport",
      "has no effect on a DiT, which learns a diffusion; leave the section out")
    try require(
      mixflow.gamma == nil, "mixflow.gamma",
      "slows the time of a flow, but a DiT learns a diffusion; set it to null")
    try require(
      model.learnSigma, "model.learn_sigma",
      "is false, but the diffusion of a DiT learns its variances")
    return .diffusion(try setting("model") { try GaussianDiffusion() })
  }
}

/// The weight of a sample's loss by its time, for noise and score prediction.
public enum LossWeight: String, NamedChoice {
  /// No weight beside that of the prediction itself.
  case none
  /// `(w_t / σ_t)²`: the loss of the velocity that the prediction implies.
  case velocity
  /// `w_t / σ_t²`: the weight of the likelihood bound.
  case likelihood

  public static var choiceName: String { "loss weight" }

  /// Returns the factor at time `t`.
  public func factor(at t: Double, along path: some AffinePath) -> Double {
    switch self {
    case .none: return 1
    case .velocity:
      let root = path.scoreWeight(t) / path.sigma(t)
      return root * root
    case .likelihood: return path.scoreWeight(t) / (path.sigma(t) * path.sigma(t))
    }
  }
}

/// The time at which the velocity target is taken when the input is slowed to `m ≤ t`.
///
/// It matters on curved paths alone: on the linear path the velocity is `x1 − x0` at all times, and
/// the targets of noise and score prediction never follow `m`.
public enum TargetTime: String, NamedChoice {
  /// At `t`, the time told to the network, as the published code does.
  case t
  /// At `m`, the time of the input, as the loss is written in the paper.
  case m

  public static var choiceName: String { "target time" }
}

/// One batch ready for the network: what it sees, what it is told, what it should answer.
///
/// The loss of sample `b` is `weight[b] · mean((network(input, t) − target)²)`, the mean over the
/// elements of that sample; the batch's loss is the mean over `b`.
public struct TrainingExample<State: FlowState> {
  /// The noised input `x_m`.
  public let input: State
  /// The times to tell the network, `[B]`.
  public let t: [Double]
  /// The answer wanted, of the shape of `input`.
  public let target: State
  /// The weight of each sample's loss, `[B]`.
  public let weight: [Double]
}

/// The regression that trains a flow, plain or MixFlow's.
///
/// MixFlow (Li et al., 2025) shows the network the noisier `x_m`, `m ≤ t`, tells it `t`, and asks for
/// the target at `t`; with `m = t` this is `training_losses` of SiT.
public struct Objective: Sendable {
  /// The path between noise and data.
  public let path: any AffinePath
  /// What the network predicts.
  public let prediction: Prediction
  /// The weight over time; velocity prediction ignores it, as upstream does.
  public let lossWeight: LossWeight
  /// The time of the velocity target.
  public let targetTime: TargetTime

  /// Makes an objective.
  public init(
    path: any AffinePath = LinearPath(), prediction: Prediction = .velocity,
    lossWeight: LossWeight = .none, targetTime: TargetTime = .t
  ) {
    self.path = path
    self.prediction = prediction
    self.lossWeight = lossWeight
    self.targetTime = targetTime
  }

  /// Makes input, target and weights for a batch.
  ///
  /// - Parameters:
  ///   - x0: The noise.
  ///   - x1: The data, of the same shape.
  ///   - t: The times to tell the network, `[B]`, inside ``TimeIntervals/training``.
  ///   - m: The times of the inputs, `[B]`; the plain objective is `m = t`.
  /// - Returns: What to show the network and what to compare its answer with.
  public func example<State: FlowState>(
    x0: State, x1: State, t: [Double], m: [Double]
  ) -> TrainingExample<State> {
    let input = path.interpolate(from: x0, to: x1, t: m)
    switch prediction {
    case .velocity:
      let target = path.velocity(from: x0, to: x1, t: targetTime == .t ? t : m)
      return TrainingExample(input: input, t: t, target: target, weight: t.map { _ in 1 })
    case .noise:
      return TrainingExample(input: input, t: t, target: x0, weight: t.map(factor))
    case .score:
      // Upstream's mean of wt (σ pred + x0)² with σ² taken out.
      let sigma = t.map(path.sigma)
      return TrainingExample(
        input: input, t: t, target: x0.scaled(by: sigma.map { -1 / $0 }),
        weight: zip(t, sigma).map { factor(at: $0) * $1 * $1 })
    }
  }

  private func factor(at t: Double) -> Double { lossWeight.factor(at: t, along: path) }
}

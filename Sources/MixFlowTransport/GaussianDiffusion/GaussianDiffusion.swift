/// The chain that DiT is trained on: step by step, noise takes the place of data (Ho et al., 2020;
/// Nichol and Dhariwal, 2021; DiT `diffusion/gaussian_diffusion.py`).
///
/// Steps are whole numbers, 0 the cleanest. `x_t = √ᾱ_t data + √(1 − ᾱ_t) noise` with
/// `ᾱ_t = Π (1 − β)` over the steps up to `t`. The network predicts the noise and, for each element,
/// the place of the log-variance of a step back between two bounds.
public struct GaussianDiffusion: Sendable {
  /// The variance `β_t` of the noise that each step adds.
  public let betas: [Double]
  /// The share of the data's variance that is left after each step, `ᾱ_t`.
  public let signalLevels: [Double]
  /// The step of the chain that the network was trained on, for each of these steps: what the
  /// network is told.
  public let trainingSteps: [Int]

  /// The number of steps.
  public var stepCount: Int { betas.count }

  /// Makes a chain whose `β` grows along a straight line, DiT's `linear` schedule.
  ///
  /// - Parameters:
  ///   - steps: The number of steps of training; with 1000 `β` goes from 1e-4 to 0.02.
  ///   - respacing: Which of the steps to keep; the others are merged into them.
  /// - Throws: ``TransportError`` unless at least two steps are kept.
  public init(linearSteps steps: Int = 1000, respacing: Respacing = .all) throws(TransportError) {
    guard 2...1_000_000 ~= steps else {
      throw .outOfRange("diffusion_steps", value: Double(steps), allowed: "in 2...1000000")
    }
    let scale = 1000 / Double(steps)
    let (first, last) = (min(scale * 1e-4, 1), min(scale * 0.02, 0.999))
    let slope = (last - first) / Double(steps - 1)
    let betas = (0..<steps).map { $0 == steps - 1 ? last : first + Double($0) * slope }
    let kept = try respacing.steps(of: steps)
    guard kept.count >= 2 else {
      throw .outOfRange(
        "the number of sampling steps", value: Double(kept.count), allowed: "at least 2")
    }
    let levels = Self.signalLevels(of: betas)
    // Upstream derives β anew even where all steps are kept, which changes their last digits.
    trainingSteps = kept
    self.betas = zip(kept, [nil] + kept.dropLast()).map { step, before in
      1 - levels[step] / (before.map { levels[$0] } ?? 1)
    }
    signalLevels = Self.signalLevels(of: self.betas)
  }

  private static func signalLevels(of betas: [Double]) -> [Double] {
    var level = 1.0
    return betas.map { beta in
      level *= 1 - beta
      return level
    }
  }

  /// Mixes data and noise, every sample at its own step.
  ///
  /// - Parameters:
  ///   - data: The data.
  ///   - noise: Standard normal numbers of the same shape.
  ///   - t: A step for each sample, `[B]`.
  /// - Returns: The points `x_t`.
  public func noised<State: FlowState>(_ data: State, with noise: State, t: [Int]) -> State {
    precondition(t.count == data.sampleCount, "\(t.count) steps for \(data.sampleCount) samples.")
    return .combination([
      (t.map { signalLevels[$0].squareRoot() }, data),
      (t.map { (1 - signalLevels[$0]).squareRoot() }, noise),
    ])
  }

  /// `ᾱ` one step cleaner.
  func previousLevel(_ t: Int) -> Double { t == 0 ? 1 : signalLevels[t - 1] }

  /// The weights of the data and of `x_t` in the mean of `q(x_{t−1} | x_t, data)`.
  func posteriorMean(_ t: Int) -> (data: Double, state: Double) {
    let rest = 1 - signalLevels[t]
    return (
      betas[t] * previousLevel(t).squareRoot() / rest,
      (1 - previousLevel(t)) * (1 - betas[t]).squareRoot() / rest
    )
  }

  /// The least and the greatest log-variance of a step back: that of `q(x_{t−1} | x_t, data)`, where
  /// step 0, which has none, takes that of step 1, and `ln β`.
  func logVariances(_ t: Int) -> (least: Double, greatest: Double) {
    let step = max(t, 1)
    return (
      log(betas[step] * (1 - previousLevel(step)) / (1 - signalLevels[step])), log(betas[t])
    )
  }

  /// The weights of `x_t` and of the noise in the data.
  func dataWeights(_ t: Int) -> (state: Double, noise: Double) {
    ((1 / signalLevels[t]).squareRoot(), -(1 / signalLevels[t] - 1).squareRoot())
  }
}

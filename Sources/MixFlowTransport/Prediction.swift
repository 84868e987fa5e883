/// What a network's output means, and the way from one meaning to another.
///
/// All three carry the same knowledge about `x_t`; each is `a · output + b · x_t` of each other one
/// with numbers `a`, `b` that depend on the time alone. SiT `transport/transport.py`, `path.py`.
public enum Prediction: String, NamedChoice {
  /// The velocity `v = E[α′ x1 + σ′ x0 | x_t]`.
  case velocity
  /// The noise `E[x0 | x_t]`.
  case noise
  /// The score `∇ log p_t(x_t) = −E[x0 | x_t] / σ_t`.
  case score

  public static var choiceName: String { "prediction" }
  public static var aliases: [String: Prediction] { ["v": .velocity] }

  /// Finds the weights with which `target = output · prediction + state · x_t`.
  ///
  /// They are infinite where the conversion does not exist: towards ``score`` at `σ_t = 0`, and
  /// from noise or score towards ``velocity`` at `α_t = 0`.
  ///
  /// - Parameters:
  ///   - target: The meaning wanted.
  ///   - t: The time of the state.
  ///   - path: The path that the network was trained on.
  /// - Returns: The weights of the prediction and of the state.
  public func weights(
    to target: Prediction, at t: Double, along path: some AffinePath
  ) -> (output: Double, state: Double) {
    switch (self, target) {
    case (.velocity, .velocity), (.noise, .noise), (.score, .score):
      return (1, 0)
    case (.noise, .velocity):
      let ratio = path.logAlphaDerivative(t)
      return (path.sigmaDerivative(t) - ratio * path.sigma(t), ratio)
    case (.score, .velocity):
      return (path.scoreWeight(t), path.logAlphaDerivative(t))
    case (.velocity, .noise):
      // Solves x = α x1 + σ x0, v = α′ x1 + σ′ x0 for x0. Upstream divides by α′ first, which fails
      // at the data end of GVP.
      let alpha = path.alpha(t)
      let slope = path.alphaDerivative(t)
      let determinant = alpha * path.sigmaDerivative(t) - slope * path.sigma(t)
      return (alpha / determinant, -slope / determinant)
    case (.score, .noise):
      return (-path.sigma(t), 0)
    case (.velocity, .score):
      let sigma = path.sigma(t)
      let noise = weights(to: .noise, at: t, along: path)
      return (-noise.output / sigma, -noise.state / sigma)
    case (.noise, .score):
      return (-1 / path.sigma(t), 0)
    }
  }

  /// Converts a prediction, all samples at one time.
  ///
  /// - Parameters:
  ///   - output: The network's output, which means `self`.
  ///   - target: The meaning wanted.
  ///   - x: The state `x_t` that the network saw.
  ///   - t: The time of the state.
  ///   - path: The path that the network was trained on.
  /// - Returns: The prediction in the meaning wanted.
  public func convert<State: FlowState>(
    _ output: State, to target: Prediction, x: State, t: Double, along path: some AffinePath
  ) -> State {
    guard self != target else { return output }
    let weights = weights(to: target, at: t, along: path)
    guard weights.state != 0 else { return output.scaled(by: weights.output) }
    return .combination([(weights.output, output), (weights.state, x)])
  }

  /// Converts a prediction, every sample at its own time.
  ///
  /// - Parameters:
  ///   - output: The network's output, which means `self`.
  ///   - target: The meaning wanted.
  ///   - x: The state `x_t` that the network saw.
  ///   - t: One time per sample, `[B]`.
  ///   - path: The path that the network was trained on.
  /// - Returns: The prediction in the meaning wanted.
  public func convert<State: FlowState>(
    _ output: State, to target: Prediction, x: State, t: [Double], along path: some AffinePath
  ) -> State {
    guard self != target else { return output }
    checkTimes(t, of: x)
    let weights = t.map { self.weights(to: target, at: $0, along: path) }
    return .combination([(weights.map(\.output), output), (weights.map(\.state), x)])
  }
}

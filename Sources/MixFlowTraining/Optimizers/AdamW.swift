import MixFlowTensor

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), as PyTorch computes it, together
/// with the exponential moving average (EMA) of the parameters.
///
/// Both are updated in one pass over memory.
public final class AdamW {
  /// The settings that stay the same over a run.
  public struct Options: Codable, Equatable, Sendable {
    /// The decay of the first moment, in `[0, 1)`.
    public var beta1 = 0.9
    /// The decay of the second moment, in `[0, 1)`.
    public var beta2 = 0.999
    /// Added to the root of the second moment.
    public var eps = 1e-8
    /// The decoupled weight decay.
    public var weightDecay = 0.0
    /// The decay of the parameters' moving average, in `[0, 1]`.
    public var emaDecay = 0.9999

    /// Creates the settings of SiT: no weight decay, EMA 0.9999.
    public init() {}
  }

  /// What the optimizer keeps for one parameter.
  public struct State: Sendable {
    /// The first moment, `exp_avg` in PyTorch.
    public var first: Tensor
    /// The second moment, `exp_avg_sq` in PyTorch.
    public var second: Tensor
    /// The moving average of the values.
    public var average: Tensor

    /// Creates the state of one parameter.
    public init(first: Tensor, second: Tensor, average: Tensor) {
      self.first = first
      self.second = second
      self.average = average
    }
  }

  /// The settings.
  public let options: Options
  /// The number of updates made.
  public private(set) var step: Int
  /// The states of the trainable parameters, in the order of ``parameters``.
  public private(set) var states: [State]
  /// The trainable parameters.
  public let parameters: [Parameter]
  private let indices: [ObjectIdentifier: Int]
  /// What the update that goes on takes.
  private var coefficients: AdamWCoefficients?

  /// Creates a fresh optimizer: zero moments, averages equal to the values.
  public convenience init(_ parameters: [Parameter], options: Options) {
    self.init(parameters, options: options, resumingAt: 0) { parameter in
      // The averages are copied now: copied at the first update, they would lie scattered over the
      // memory that activations and gradients need in each step.
      State(
        first: Tensor(zeros: parameter.shape), second: Tensor(zeros: parameter.shape),
        average: Tensor(copying: parameter.value))
    }
  }

  /// Creates an optimizer that goes on.
  ///
  /// - Parameters:
  ///   - parameters: The model's parameters.
  ///   - options: The settings.
  ///   - step: The number of updates made so far.
  ///   - state: Returns the state of one trainable parameter.
  /// - Throws: What `state` throws.
  public init(
    _ parameters: [Parameter], options: Options, resumingAt step: Int,
    state: (Parameter) throws -> State
  ) rethrows {
    let trainable = parameters.filter(\.isTrainable)
    self.parameters = trainable
    indices = Dictionary(
      uniqueKeysWithValues: trainable.indices.map { (ObjectIdentifier(trainable[$0]), $0) })
    self.options = options
    self.step = step
    states = try self.parameters.map(state)
  }

  /// Goes back to an earlier update.
  ///
  /// - Parameters:
  ///   - step: The number of updates made then.
  ///   - state: Returns the state of one trainable parameter as it was.
  /// - Throws: What `state` throws; nothing has then changed.
  func restore(step: Int, state: (Parameter) throws -> State) rethrows {
    states = try parameters.map(state)
    self.step = step
  }

  /// Updates all parameters from their gradients and forgets the gradients.
  ///
  /// - Parameters:
  ///   - learningRate: The learning rate of this update.
  ///   - gradientScale: A factor on all gradients.
  public func update(learningRate: Double, gradientScale: Double = 1) {
    beginUpdate(learningRate: learningRate, gradientScale: gradientScale)
    for parameter in parameters { update(parameter) }
  }

  /// Begins an update of parameters one by one, each by ``update(_:)``.
  ///
  /// - Parameters:
  ///   - learningRate: The learning rate of this update.
  ///   - gradientScale: A factor on all gradients.
  func beginUpdate(learningRate: Double, gradientScale: Double = 1) {
    step += 1
    coefficients = AdamWCoefficients(
      step: step, learningRate: learningRate, betas: (options.beta1, options.beta2),
      eps: options.eps, weightDecay: options.weightDecay, gradientScale: gradientScale,
      emaDecay: options.emaDecay)
  }

  /// Updates one parameter, where it has a gradient, and forgets the gradient.
  func update(_ parameter: Parameter) {
    guard let coefficients, let index = indices[ObjectIdentifier(parameter)],
      let gradient = parameter.gradient
    else { return }
    parameter.gradient = nil
    parameter.update { $0.descend(gradient, &states[index], coefficients) }
  }

  /// The state of a parameter; nil for one that is not updated here.
  func state(of parameter: Parameter) -> State? {
    indices[ObjectIdentifier(parameter)].map { states[$0] }
  }
}

extension Tensor {
  fileprivate mutating func descend(
    _ gradient: Tensor, _ state: inout AdamW.State, _ coefficients: AdamWCoefficients
  ) {
    adamWUpdate(
      &self, gradient: gradient, first: &state.first, second: &state.second,
      average: &state.average, coefficients: coefficients)
  }
}

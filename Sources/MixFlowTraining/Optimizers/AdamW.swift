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
    /// The averages that are kept beside that one.
    public var furtherAverages: [MovingAverage] = []
    /// Whether averages forget fast at first; see ``emaDecay(_:after:)``.
    public var emaWarmup = false

    /// Creates the settings of SiT: no weight decay, EMA 0.9999.
    public init() {}

    /// The decay of an average at an update, as diffusers' `EMAModel` computes it.
    ///
    /// With a warm-up it is 0 at the first update, then `min(decay, (1 + n) / (10 + n))` after `n`
    /// updates: the average is not one of the first weights for long.
    ///
    /// - Parameters:
    ///   - decay: The decay in the end.
    ///   - updates: The updates of the average before this one.
    /// - Returns: The decay of this update.
    public func emaDecay(_ decay: Double, after updates: Int) -> Double {
      guard emaWarmup else { return decay }
      return updates <= 0 ? 0 : min(decay, (1 + Double(updates)) / (10 + Double(updates)))
    }
  }

  /// What sets some parameters apart from others.
  public struct Group: Hashable, Sendable {
    /// A factor on the learning rate.
    public var rateFactor: Double
    /// The decoupled weight decay.
    public var weightDecay: Double

    /// Creates a group.
    public init(rateFactor: Double = 1, weightDecay: Double) {
      (self.rateFactor, self.weightDecay) = (rateFactor, weightDecay)
    }
  }

  /// What the optimizer keeps for one parameter.
  public struct State: Sendable {
    /// The first moment, `exp_avg` in PyTorch.
    public var first: Tensor
    /// The second moment, `exp_avg_sq` in PyTorch.
    public var second: Tensor
    /// The moving average of the values.
    public var average: Tensor
    /// The averages beside that one, in their order.
    public var furtherAverages: [Tensor]

    /// Creates the state of one parameter.
    public init(
      first: Tensor, second: Tensor, average: Tensor, furtherAverages: [Tensor] = []
    ) {
      self.first = first
      self.second = second
      self.average = average
      self.furtherAverages = furtherAverages
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
  /// The groups that there are, and that of each parameter.
  private let groups: [Group]
  private let groupIndices: [Int]
  /// How many updates the averages have more than the moments.
  private let averagesAhead: Int
  private let powerAveragesAhead: Int
  /// What the update that goes on takes, for each group.
  private var coefficients: [AdamWCoefficients] = []
  /// The part of the way to the new values that each further average goes in it.
  private var furtherShares: [Float] = []

  /// Creates a fresh optimizer: zero moments, averages equal to the values.
  ///
  /// - Parameters:
  ///   - parameters: The model's parameters.
  ///   - options: The settings.
  ///   - group: Returns the group of a parameter; by default all have the rate and the decay of the
  ///     settings.
  public convenience init(
    _ parameters: [Parameter], options: Options, group: ((Parameter) -> Group)? = nil
  ) {
    self.init(parameters, options: options, resumingAt: 0, group: group) { parameter in
      State(freshFor: parameter, options)
    }
  }

  /// Creates an optimizer that goes on.
  ///
  /// - Parameters:
  ///   - parameters: The model's parameters.
  ///   - options: The settings.
  ///   - step: The number of updates made so far.
  ///   - averagesAhead: How many updates the averages have more.
  ///   - powerAveragesAhead: How many the power-function averages have more.
  ///   - group: Returns the group of a parameter; by default all have the rate and the decay of the
  ///     settings.
  ///   - state: Returns the state of one trainable parameter.
  /// - Throws: What `state` throws.
  public init(
    _ parameters: [Parameter], options: Options, resumingAt step: Int, averagesAhead: Int = 0,
    powerAveragesAhead: Int = 0, group: ((Parameter) -> Group)? = nil,
    state: (Parameter) throws -> State
  ) rethrows {
    let trainable = parameters.filter(\.isTrainable)
    self.parameters = trainable
    indices = Dictionary(
      uniqueKeysWithValues: trainable.indices.map { (ObjectIdentifier(trainable[$0]), $0) })
    let group = group ?? { _ in Group(weightDecay: options.weightDecay) }
    let all = trainable.map(group)
    var groups: [Group] = []
    for group in all where !groups.contains(group) { groups.append(group) }
    self.groups = groups
    groupIndices = all.map { groups.firstIndex(of: $0) ?? 0 }
    self.averagesAhead = averagesAhead
    self.powerAveragesAhead = powerAveragesAhead
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
    let decay = options.emaDecay(options.emaDecay, after: averageUpdates)
    coefficients = groups.map { group in
      AdamWCoefficients(
        step: step, learningRate: learningRate * group.rateFactor,
        betas: (options.beta1, options.beta2), eps: options.eps, weightDecay: group.weightDecay,
        gradientScale: gradientScale, emaDecay: decay)
    }
    furtherShares = options.furtherAverages.map { Float(1 - self.decay(of: $0)) }
  }

  /// The updates of the averages before the one that goes on.
  private var averageUpdates: Int { step - 1 + averagesAhead }

  /// The decay of a further average at the update that goes on.
  private func decay(of average: MovingAverage) -> Double {
    switch average {
    case .exponential(let decay): options.emaDecay(decay, after: averageUpdates)
    case .power(let width): PowerProfile.decay(width: width, at: step + powerAveragesAhead)
    }
  }

  /// Updates one parameter, where it has a gradient, and forgets the gradient.
  func update(_ parameter: Parameter) {
    guard !coefficients.isEmpty, let index = indices[ObjectIdentifier(parameter)],
      let gradient = parameter.gradient
    else { return }
    parameter.gradient = nil
    let coefficients = coefficients[groupIndices[index]]
    parameter.update { $0.descend(gradient, &states[index], coefficients) }
    for (place, share) in furtherShares.enumerated() {
      states[index].furtherAverages[place].move(by: share, towards: parameter.value)
    }
  }

  /// The state of a parameter; nil for one that is not updated here.
  func state(of parameter: Parameter) -> State? {
    indices[ObjectIdentifier(parameter)].map { states[$0] }
  }
}

extension AdamW.State {
  /// The state before the first update: zero moments, averages equal to the values.
  init(freshFor parameter: Parameter, _ options: AdamW.Options) {
    // The averages are copied now: copied at the first update, they would lie scattered over the
    // memory that activations and gradients need in each step.
    self.init(
      first: Tensor(zeros: parameter.shape), second: Tensor(zeros: parameter.shape),
      average: Tensor(copying: parameter.value),
      furtherAverages: options.furtherAverages.map { _ in Tensor(copying: parameter.value) })
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

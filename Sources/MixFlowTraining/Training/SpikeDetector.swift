/// Tells a step whose loss or gradient is out of the ordinary by the steps before it.
public struct SpikeDetector: Sendable {
  /// The losses and gradient norms that are remembered.
  public struct History: Codable, Equatable, Sendable {
    var losses: [Double] = []
    var norms: [Double] = []
  }

  /// A loss or norm above this many times the median is a spike; nil where only NaN and infinity are.
  let factor: Double?
  private(set) var history: History

  /// The steps that the median is of.
  static let window = 100
  /// The steps before the first judgement.
  static let least = 20

  /// Creates a detector.
  ///
  /// - Parameters:
  ///   - factor: How many times the median a spike is above, more than 1; nil for none.
  ///   - history: What it remembered when the run was left.
  public init(factor: Double? = nil, history: History? = nil) {
    self.factor = factor
    self.history = factor == nil ? History() : history ?? History()
  }

  /// What a checkpoint has to hold; nil where the detector needs no history.
  var savedHistory: History? { factor == nil ? nil : history }

  /// Remembers a step that was made.
  mutating func add(loss: Double, norm: Double) {
    guard factor != nil else { return }
    history.losses = Array((history.losses + [loss]).suffix(Self.window))
    history.norms = Array((history.norms + [norm]).suffix(Self.window))
  }

  /// Goes back to what was remembered earlier.
  mutating func restore(_ history: History?) {
    self = SpikeDetector(factor: factor, history: history)
  }

  /// Refuses a loss far above the median, before the step is made.
  func check(loss: Double, step: Int) throws(TrainingError) {
    try check(loss, "loss", against: history.losses, step: step)
  }

  /// Refuses a gradient norm far above the median, before the step is made.
  func check(norm: Double, step: Int) throws(TrainingError) {
    try check(norm, "gradient", against: history.norms, step: step)
  }

  private func check(
    _ value: Double, _ what: String, against past: [Double], step: Int
  ) throws(TrainingError) {
    guard let factor, past.count >= Self.least else { return }
    let sorted = past.sorted()
    let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    guard median > 0, value > factor * median else { return }
    throw TrainingError.spike(what, value: value, median: median, step: step)
  }
}

/// What a run does about a step that went wrong.
public enum SpikePolicy: String, CaseIterable, Codable, Sendable {
  /// It stops with an error.
  case stop
  /// It leaves the batch out and takes the next.
  case skip
  /// It goes back to the last checkpoint and leaves the batch out when it comes again.
  case rollback
}

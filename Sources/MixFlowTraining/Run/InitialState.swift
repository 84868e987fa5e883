import MixFlowModels
import MixFlowTensor

/// The state that a run begins with, its weights aside.
struct InitialState {
  /// The step and, as seen from it, where the parts of the state are.
  var step = 0
  var positions = RunPositions()
  /// Where the parts come from, which parts, and the parameters that are new here.
  private var source: TrainingCheckpoint?
  private var parts: Set<WarmStart.Part> = []
  private var isResuming = false
  private var takesPowerAverages = true
  /// The parameters that were drawn afresh though the run starts from a file.
  var reinitialised: Set<String> = []
  /// The metrics since the last line.
  var recentLosses: [Double] = []
  var recentProjectionLosses: [Double] = []
  /// The steps that a spike is told by; nil where none is.
  private(set) var spikeHistory: SpikeDetector.History?
  /// The batches that were left out so far.
  private(set) var skippedBatches = SkippedBatches()
  /// The step of the newest checkpoint of the run; nil for a new one.
  private(set) var savedStep: Int?

  /// Nothing yet.
  init() {}

  /// All of a checkpoint: the run goes on.
  init(resuming checkpoint: TrainingCheckpoint) {
    (step, positions, source) = (checkpoint.step, checkpoint.positions, checkpoint)
    (parts, isResuming) = ([.optimizer, .ema], true)
    recentLosses = checkpoint.recentLosses
    recentProjectionLosses = checkpoint.recentProjectionLosses
    spikeHistory = checkpoint.spikeHistory
    skippedBatches = checkpoint.skippedBatches
    savedStep = checkpoint.step
  }

  /// Some parts of a checkpoint.
  ///
  /// - Parameters:
  ///   - parts: Which.
  ///   - checkpoint: The checkpoint.
  ///   - configuration: The configuration of the new run.
  init(
    _ parts: Set<WarmStart.Part>, of checkpoint: TrainingCheckpoint,
    for configuration: RunConfiguration
  ) {
    (self.parts, source) = (parts, checkpoint)
    let past = checkpoint.positions
    step = parts.contains(.step) ? checkpoint.step : 0
    func ahead(_ part: WarmStart.Part, _ theirs: Int, per step: Int = 1, own: Int = 1) -> Int {
      (parts.contains(part) ? checkpoint.step * step + theirs : 0) - self.step * own
    }
    positions.optimizer = ahead(.optimizer, past.optimizer)
    positions.averages = ahead(.ema, past.averages)
    // Averages of another past could not be combined: all of them go on, or none.
    let widths = Set(configuration.training.posthocEMA)
    takesPowerAverages = widths.isSubset(of: checkpoint.configuration.training.posthocEMA)
    if takesPowerAverages {
      positions.posthoc = ahead(.ema, past.posthoc)
    } else {
      positions.posthoc = -step
    }
    positions.schedule = ahead(.schedule, past.schedule)
    positions.samples = ahead(
      .data, past.samples, per: checkpoint.configuration.training.batchSize,
      own: configuration.training.batchSize)
  }

  /// Creates the optimizer of the parameters whose state this process keeps.
  func makeOptimizer(
    of parameters: [Parameter], _ configuration: RunConfiguration
  ) throws -> AdamW {
    let options = try configuration.training.optimizerOptions()
    let selection = ParameterSelection(configuration)
    return try AdamW(
      parameters, options: options, resumingAt: step + positions.optimizer,
      averagesAhead: positions.averages - positions.optimizer,
      powerAveragesAhead: positions.posthoc - positions.optimizer,
      group: { selection.group(of: $0.name) }, state: { try state(of: $0, options) })
  }

  private func state(of parameter: Parameter, _ options: AdamW.Options) throws -> AdamW.State {
    var state = AdamW.State(freshFor: parameter, options)
    guard let source, !reinitialised.contains(parameter.name),
      isResuming || source.trains(parameter)
    else { return state }
    if parts.contains(.optimizer) { try source.readMoments(of: parameter, into: &state) }
    if parts.contains(.ema) {
      let stored = source.configuration.training.furtherAverages
      try source.readAverages(
        of: parameter, options.furtherAverages, where: { goesOn($0, stored) }, into: &state)
    }
    return state
  }

  /// Whether an average goes on from that of the file.
  private func goesOn(_ average: MovingAverage, _ stored: [MovingAverage]) -> Bool {
    if case .power = average, !takesPowerAverages { return false }
    return isResuming || stored.contains(average)
  }
}

extension RunConfiguration {
  /// Refuses to go on in the order of other data.
  func checkLoading(
    _ parts: Set<WarmStart.Part>, of checkpoint: TrainingCheckpoint, _ path: String,
    data: any DataSource
  ) throws {
    if parts.contains(.step) {
      try require(
        checkpoint.step < training.maxSteps, "training.max_steps",
        "is \(training.maxSteps), and \(path) is at step \(checkpoint.step) already; raise it")
    }
    guard parts.contains(.data) else { return }
    try require(
      training.seed == checkpoint.configuration.training.seed, "training.seed",
      "is \(training.seed), but the order of data in \(path) is that of "
        + "\(checkpoint.configuration.training.seed); set it, or load no data")
    try require(
      data.fingerprint == checkpoint.dataFingerprint, "data.path",
      "holds other data than \(path) was trained on; name those, or load no data")
  }
}

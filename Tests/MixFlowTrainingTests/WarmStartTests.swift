import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// New runs from parts of old ones.
@Suite struct WarmStartTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration
  /// The middle checkpoint of a run, and its last.
  private let middle: String
  private let last: String

  init() throws {
    scratch = try TemporaryFolder()
    var configuration = try tinyRun(data: scratch.file("data"))
    configuration.training.checkpointEvery = 3
    configuration.training.emaDecays = [0.5]
    configuration.training.emaWarmup = true
    configuration.training.scheduler.type = "linear"
    configuration.training.scheduler.warmupSteps = 2
    self.configuration = configuration
    let folder = scratch.file("base")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    let checkpoints = CheckpointFolder(of: folder)
    let files = checkpoints.complete().map(checkpoints.file)
    (middle, last) = (files[0], files[1])
  }

  @Test func allPartsTogetherGoOn() throws {
    let folder = scratch.file("on")
    let parts = Set(WarmStart.Part.allCases)
    _ = try TrainingRun(
      configuration, in: folder, from: .weights(of: middle, .auto, WarmStart(parts: parts))
    ).run()
    let (a, b) = (try SafeTensorsFile(contentsOf: last), try newest(folder))
    for name in a.names { #expect(try a.bytes(name) == b.bytes(name), "\(name)") }
    #expect(b.metadata["mixflow.positions"] == nil && b.metadata["mixflow.step"] == "6")
  }

  @Test func allPartsButTheStepGoOnUnderOtherNames() throws {
    var configuration = configuration
    configuration.training.maxSteps = 3
    configuration.training.scheduler.decayEndSteps = 6
    let folder = scratch.file("on")
    let parts = Set(WarmStart.Part.allCases).subtracting([.step])
    let start = TrainingRun.Start.weights(of: middle, .auto, WarmStart(parts: parts))
    // It is stopped and resumed on the way: the positions are in its file.
    _ = try TrainingRun(configuration, in: folder, from: start).run(shouldStop: { true })
    _ = try TrainingRun(resuming: folder).run()
    let (a, b) = (try SafeTensorsFile(contentsOf: last), try newest(folder))
    for name in a.names { #expect(try a.bytes(name) == b.bytes(name), "\(name)") }
    #expect(b.metadata["mixflow.step"] == "3")
  }

  @Test(arguments: WarmStart.Part.allCases)
  func partsAreTakenAlone(part: WarmStart.Part) throws {
    let run = try TrainingRun(
      configuration, in: scratch.file("run"),
      from: .weights(of: middle, .raw, WarmStart(parts: [part])))
    let file = try SafeTensorsFile(contentsOf: middle)
    #expect(run.trainer.step == (part == .step ? 3 : 0))
    for (parameter, state) in zip(run.trainer.optimizer.parameters, run.trainer.optimizer.states) {
      let name = parameter.name
      #expect(parameter.value == (try file.tensor("model.\(name)")))
      let moments = part == .optimizer ? try file.tensor("exp_avg.\(name)") : nil
      #expect(state.first == moments ?? Tensor(zeros: parameter.shape))
      let averages = part == .ema ? ["ema.", "ema_0.5."] : ["model.", "model."]
      #expect(state.average == (try file.tensor(averages[0] + name)))
      #expect(state.furtherAverages == [try file.tensor(averages[1] + name)])
    }
    let rates = try (0..<2).map { _ in try run.trainer.makeStep().learningRate }
    let schedule = try configuration.training.schedule()
    let first = part == .schedule ? 3 : 0
    #expect(rates == [schedule.rate(at: first), schedule.rate(at: first + 1)])
  }

  @Test func dataGoOnOnlyInTheirOwnOrder() throws {
    var other = configuration
    other.training.seed = 1
    let start = TrainingRun.Start.weights(of: middle, .auto, WarmStart(parts: [.data]))
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingRun(other, in: scratch.file("run"), from: start)
    }
    #expect(error?.key == "training.seed")
  }

  @Test func otherClassesAreDrawnAfreshWhenNamed() throws {
    var more = configuration
    more.model.numClasses = 5
    let strict = #expect(throws: CheckpointError.self) {
      try TrainingRun(more, in: scratch.file("strict"), from: .weights(of: middle, .raw))
    }
    guard case .shape(let key, _, _, _) = strict else {
      Issue.record("\(String(describing: strict))")
      return
    }
    #expect(key == "y_embedder.embedding_table.weight")
    let options = WarmStart(allowMissing: ["y_embedder.*"], parts: [.optimizer, .ema])
    let run = try TrainingRun(
      more, in: scratch.file("run"), from: .weights(of: middle, .raw, options))
    #expect(run.reinitialised == ["y_embedder.embedding_table.weight"])
    let file = try SafeTensorsFile(contentsOf: middle)
    for (parameter, state) in zip(run.trainer.optimizer.parameters, run.trainer.optimizer.states) {
      guard parameter.name.hasPrefix("y_embedder.") else {
        #expect(parameter.value == (try file.tensor("model.\(parameter.name)")))
        #expect(state.first == (try file.tensor("exp_avg.\(parameter.name)")))
        continue
      }
      #expect(parameter.shape == [6, 16] && state.average == parameter.value)
      #expect(state.first.squaredNorm() == 0 && parameter.value.squaredNorm() > 0)
    }
    #expect(try run.run() == .finished)
  }

  @Test func leftOverTensorsMustBeNamed() throws {
    var shallow = configuration
    shallow.model.depth = 1
    #expect(throws: CheckpointError.self) {
      try TrainingRun(shallow, in: scratch.file("strict"), from: .weights(of: middle, .raw))
    }
    let run = try TrainingRun(
      shallow, in: scratch.file("run"),
      from: .weights(of: middle, .raw, WarmStart(allowUnused: ["blocks.1.*"])))
    #expect(run.reinitialised.isEmpty)
    // And the other way round.
    var deep = configuration
    deep.model.depth = 3
    let grown = try TrainingRun(
      deep, in: scratch.file("deep"),
      from: .weights(of: middle, .raw, WarmStart(allowMissing: ["blocks.2.*"])))
    #expect(
      grown.reinitialised.count == 10
        && grown.reinitialised.allSatisfy { $0.hasPrefix("blocks.2.") })
  }

  private func newest(_ folder: String) throws -> SafeTensorsFile {
    let checkpoints = CheckpointFolder(of: folder)
    return try SafeTensorsFile(contentsOf: checkpoints.file(of: checkpoints.newest()))
  }
}

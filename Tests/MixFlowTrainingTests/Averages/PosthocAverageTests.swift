import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Power-function averages of a run, their snapshots, and averages made of these.
@Suite struct PosthocAverageTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration

  init() throws {
    scratch = try TemporaryFolder()
    var configuration = try tinyRun(data: scratch.file("data"))
    configuration.training.maxSteps = 60
    configuration.training.checkpointEvery = 20
    configuration.training.posthocEMA = [0.05, 0.1]
    configuration.training.posthocEMAEvery = 3
    self.configuration = configuration
  }

  @Test func areWeightedMeans() {
    var options = AdamW.Options()
    options.furtherAverages = [.power(width: 0.05), .exponential(decay: 0.5), .power(width: 0.2)]
    let parameter = Parameter(name: "p", value: Tensor([1, -2, 3], shape: [3]))
    let optimizer = AdamW([parameter], options: options)
    var values: [[Double]] = []
    for step in 0..<200 {
      parameter.gradient = Tensor([1, sin(Float(step)), -1 + Float(step) / 70], shape: [3])
      optimizer.update(learningRate: 0.1)
      values.append(parameter.value.array.map(Double.init))
      if step == 0 {
        // Nothing of the first values, which were not trained, remains.
        #expect(optimizer.states[0].furtherAverages[0] == parameter.value)
      }
    }
    for (place, width) in [(0, 0.05), (2, 0.2)] {
      let power = PowerProfile.exponent(ofWidth: width) + 1
      var mean = [0.0, 0, 0]
      for (index, value) in values.enumerated() {
        let ends = [Double(index), Double(index + 1)].map { pow($0 / 200, power) }
        mean = zip(mean, value).map { $0 + (ends[1] - ends[0]) * $1 }
      }
      expectClose(
        optimizer.states[0].furtherAverages[place].array.map(Double.init), mean,
        relativeToMax: 1e-6, "width \(width)")
    }
  }

  @Test(arguments: [60, 30])
  func aThirdWidthIsMadeAfterwards(step: Int) throws {
    let (run, direct) = (scratch.file("run"), scratch.file("direct"))
    _ = try TrainingRun(configuration, in: run, from: .fresh).run()
    var tracked = configuration
    tracked.training.posthocEMA = [0.08]
    tracked.training.maxSteps = step
    _ = try TrainingRun(tracked, in: direct, from: .fresh).run()
    let expected = try ModelCheckpoint(contentsOf: newest(direct), weights: .posthoc(width: 0.08))
    let raw = try ModelCheckpoint(contentsOf: newest(direct), weights: .raw)
    let average = try PosthocReconstruction(ofWidth: 0.08, inRun: run, atStep: step)
    #expect(average.snapshotCount == step / 3 && average.averageCount == 2 * step / 3)
    #expect(average.storedWidths == 0.05...0.1)
    let made = try ModelCheckpoint(average, ofRun: run)
    #expect(made.weights == .ema && made.sizes == expected.sizes)
    #expect(average.relativeError < 0.01)
    let error = distance(made, expected)
    #expect(error < 2e-4, "relative error \(error)")
    #expect(error < distance(raw, expected) / 300)
  }

  @Test(arguments: [0.05, 0.1])
  func aStoredAverageIsMadeExactly(width: Double) throws {
    let run = scratch.file("run")
    _ = try TrainingRun(configuration, in: run, from: .fresh).run()
    let average = try PosthocReconstruction(ofWidth: width, inRun: run)
    let stored = try ModelCheckpoint(contentsOf: newest(run), weights: .posthoc(width: width))
    #expect(average.step == 60 && average.relativeError < 1e-7)
    #expect(distance(try ModelCheckpoint(average, ofRun: run), stored) <= 1e-6)
  }

  @Test func whatIsFrozenStays() throws {
    var configuration = configuration
    configuration.training.maxSteps = 9
    configuration.training.freeze = ["blocks.0.*", "t_embedder.*"]
    let run = scratch.file("run")
    let trained = try TrainingRun(configuration, in: run, from: .fresh)
    let frozen = trained.trainer.model.parameters.filter { !$0.isTrainable }
    _ = try trained.run()
    let made = try ModelCheckpoint(
      PosthocReconstruction(ofWidth: 0.07, inRun: run), ofRun: run)
    let values = Dictionary(
      uniqueKeysWithValues: made.model.parameters.map { ($0.name, $0.value) })
    #expect(frozen.count > 10)
    for parameter in frozen { #expect(values[parameter.name] == parameter.value) }
    let snapshot = try SafeTensorsFile(contentsOf: "\(run)/posthoc-ema/0000009.safetensors")
    #expect(!snapshot.names.contains { $0.contains("blocks.0.") })
    #expect(snapshot.names.contains { $0.hasPrefix("posthoc_0.05.blocks.1.") })
  }

  @Test func adaptersAreAveragedBeforeTheyAreMerged() throws {
    var configuration = configuration
    configuration.training.maxSteps = 9
    // The blocks of a fresh model do nothing yet, so that their adapters would have no gradient.
    let (base, run) = (scratch.file("base"), scratch.file("run"))
    _ = try TrainingRun(configuration, in: base, from: .fresh).run()
    configuration.lora.rank = 2
    _ = try TrainingRun(configuration, in: run, from: .weights(of: newest(base), .raw)).run()
    let snapshot = try SafeTensorsFile(contentsOf: "\(run)/posthoc-ema/0000009.safetensors")
    #expect(!snapshot.names.isEmpty && snapshot.names.allSatisfy { $0.contains("lora_") })
    let made = try ModelCheckpoint(
      PosthocReconstruction(ofWidth: 0.1, inRun: run), ofRun: run)
    let stored = try ModelCheckpoint(contentsOf: newest(run), weights: .posthoc(width: 0.1))
    #expect(distance(made, stored) <= 1e-6)
    #expect(distance(try ModelCheckpoint(contentsOf: newest(run), weights: .raw), stored) > 1e-4)
  }

  @Test func resumeBitForBit() throws {
    var configuration = configuration
    configuration.training.maxSteps = 25
    configuration.training.emaDecays = [0.8]
    let (whole, parts) = (scratch.file("whole"), scratch.file("parts"))
    _ = try TrainingRun(configuration, in: whole, from: .fresh).run()
    var steps = 0
    _ = try TrainingRun(configuration, in: parts, from: .fresh).run(shouldStop: {
      steps += 1
      return steps == 8
    })
    // What was written after the checkpoint, as by a run that was killed.
    let stale = "\(parts)/posthoc-ema/0000009"
    for ending in ["safetensors", "json"] {
      try FileManager.default.copyItem(
        atPath: "\(parts)/posthoc-ema/0000006.\(ending)", toPath: "\(stale).\(ending)")
    }
    _ = try TrainingRun(resuming: parts).run()
    #expect(try readBytes(newest(whole)) == readBytes(newest(parts)))
    try expectSameSnapshots(whole, parts, count: 9)
  }

  @Test func areSharedByProcesses() throws {
    var configuration = configuration
    configuration.training.maxSteps = 6
    configuration.training.gradAccumSteps = 2
    configuration.training.freeze = ["blocks.0.*"]
    configuration.distributed.deterministic = true
    configuration.distributed.shardOptimizer = true
    let (alone, shared) = (scratch.file("alone"), scratch.file("shared"))
    _ = try TrainingRun(configuration, in: alone, from: .fresh).run()
    _ = try LocalGroup.run(2) { [configuration] group in
      try TrainingRun(configuration, in: shared, from: .fresh, group: group).run(
        shouldStop: { group.isLeader })
    }
    _ = try LocalGroup.run(2) { group in try TrainingRun(resuming: shared, group: group).run() }
    #expect(try readBytes(newest(alone)) == readBytes(newest(shared)))
    try expectSameSnapshots(alone, shared, count: 2)
  }

  @Test func goingBackTakesTheSnapshotsAlong() throws {
    var configuration = configuration
    configuration.training.maxSteps = 40
    configuration.training.checkpointEvery = 4
    configuration.training.spikeFactor = 1.2
    configuration.training.maxSpikes = 1000
    let folders = try ["skip", "rollback"].map { policy in
      configuration.training.onSpike = policy
      _ = try TrainingRun(configuration, in: scratch.file(policy), from: .fresh).run()
      return scratch.file(policy)
    }
    try expectSameSnapshots(folders[0], folders[1], count: 14)
  }

  @Test func anotherListIsAnotherRun() throws {
    var configuration = configuration
    configuration.training.maxSteps = 3
    let run = scratch.file("run")
    _ = try TrainingRun(configuration, in: run, from: .fresh).run()
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingRun(
        resuming: run,
        change: {
          var changed = $0
          changed.training.maxSteps = 6
          changed.training.posthocEMA = [0.05]
          return changed
        })
    }
    #expect(error?.key == "training.posthoc_ema")
  }

  /// The averages of a run that takes those of another, with and without its step.
  @Test(arguments: [true, false], [[0.1], [0.1, 0.2]])
  func goOnInAnotherRun(withStep: Bool, widths: [Double]) throws {
    var first = configuration
    first.training.maxSteps = 12
    let source = scratch.file("source")
    _ = try TrainingRun(first, in: source, from: .fresh).run()
    var second = configuration
    second.training.maxSteps = 18
    second.training.posthocEMA = widths
    let parts: Set<WarmStart.Part> = withStep ? [.ema, .step] : [.ema]
    let run = try TrainingRun(
      second, in: scratch.file("run"),
      from: .weights(of: newest(source), .raw, WarmStart(parts: parts)))
    let parameters = run.trainer.optimizer.parameters
    // A width that the source has not begins afresh, and all others with it.
    let goesOn = widths == [0.1]
    let file = try SafeTensorsFile(contentsOf: newest(source))
    var expected = try parameters.map { parameter in
      try file.tensor((goesOn ? "posthoc_0.1." : "model.") + parameter.name).array.map(Double.init)
    }
    for update in 1...3 {
      _ = try run.trainer.makeStep()
      let decay = PowerProfile.decay(width: 0.1, at: update + (goesOn ? 12 : 0))
      for (place, parameter) in parameters.enumerated() {
        expected[place] = zip(expected[place], parameter.value.array).map {
          decay * $0 + (1 - decay) * Double($1)
        }
      }
    }
    for (state, expected) in zip(run.trainer.optimizer.states, expected) {
      expectClose(
        state.furtherAverages[0].array.map(Double.init), expected, relativeToMax: 1e-6)
    }
    guard withStep else { return }
    // Its snapshots tell the updates of the averages.
    _ = try run.run()
    let snapshot = try SafeTensorsFile(
      contentsOf: scratch.file("run/posthoc-ema/0000018.safetensors"))
    let description = try #require(snapshot.metadata["mixflow.posthoc_ema"])
    #expect(description.contains("\"updates\":\(goesOn ? 18 : 6)"))
  }

  private func expectSameSnapshots(_ a: String, _ b: String, count: Int) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(a)/posthoc-ema").sorted()
    let others = try FileManager.default.contentsOfDirectory(atPath: "\(b)/posthoc-ema").sorted()
    #expect(names == others && names.count == 2 * count)
    for name in names where name.hasSuffix(".safetensors") {
      #expect(
        try readBytes("\(a)/posthoc-ema/\(name)") == readBytes("\(b)/posthoc-ema/\(name)"),
        "\(name)")
    }
  }

  private func newest(_ folder: String) throws -> String {
    let checkpoints = CheckpointFolder(of: folder)
    return try checkpoints.file(of: checkpoints.newest())
  }

  /// The distance of all weights from others, relative to their norm.
  private func distance(_ a: ModelCheckpoint, _ b: ModelCheckpoint) -> Double {
    var (squares, norm) = (0.0, 0.0)
    for (x, y) in zip(a.model.parameters, b.model.parameters) {
      for (x, y) in zip(x.value.array, y.value.array) {
        squares += Double(x - y) * Double(x - y)
        norm += Double(y) * Double(y)
      }
    }
    return (squares / norm).squareRoot()
  }
}

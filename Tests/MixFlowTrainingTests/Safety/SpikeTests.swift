import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Steps that go wrong, and what a run does about them.
@Suite struct SpikeTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration

  /// A run so sensitive that ordinary steps go wrong now and then.
  init() throws {
    scratch = try TemporaryFolder()
    var configuration = try tinyRun(data: scratch.file("data"))
    configuration.training.maxSteps = 40
    configuration.training.checkpointEvery = 4
    configuration.training.logEvery = 3
    configuration.training.spikeFactor = 1.2
    configuration.training.onSpike = "skip"
    configuration.training.maxSpikes = 1000
    self.configuration = configuration
  }

  @Test func laterBatchesTakeThePlaceOfThoseLeftOut() {
    let numbers = [3, 4, 9]
    let left = (0..<20).filter { !numbers.contains($0) }
    let skipped = SkippedBatches([9, 3, 4, 3])
    #expect(skipped.numbers == numbers)
    for step in left.indices { #expect(skipped.batch(after: step) == left[step]) }
  }

  @Test(arguments: [5, 22, 30])
  func skippingResumesBitForBit(stop: Int) throws {
    let (whole, parts) = (scratch.file("whole"), scratch.file("parts"))
    let run = try TrainingRun(configuration, in: whole, from: .fresh)
    #expect(try run.run() == .finished)
    #expect(!run.trainer.skippedBatches.numbers.isEmpty, "nothing went wrong")
    #expect(try events(in: whole).map(\.batch) == run.trainer.skippedBatches.numbers)
    var steps = 0
    let outcome = try TrainingRun(configuration, in: parts, from: .fresh).run(shouldStop: {
      steps += 1
      return steps == stop
    })
    #expect(outcome == .stopped(step: stop))
    #expect(try TrainingRun(resuming: parts).run() == .finished)
    let name = "checkpoints/0000040.safetensors"
    #expect(try readBytes("\(whole)/\(name)") == readBytes("\(parts)/\(name)"))
    #expect(try events(in: whole) == events(in: parts))
    #expect(try lines(in: whole).map(\.loss) == lines(in: parts).map(\.loss))
  }

  /// Nothing but the batch that is left out differs when the same steps are made again.
  @Test func goingBackComesToTheSameWeights() throws {
    var back = configuration
    back.training.onSpike = "rollback"
    let folders = (scratch.file("skip"), scratch.file("back"))
    _ = try TrainingRun(configuration, in: folders.0, from: .fresh).run()
    _ = try TrainingRun(back, in: folders.1, from: .fresh).run()
    let files = try [folders.0, folders.1].map {
      try SafeTensorsFile(contentsOf: "\($0)/checkpoints/0000040.safetensors")
    }
    for name in files[0].names { #expect(try files[0].bytes(name) == files[1].bytes(name)) }
    #expect(try events(in: folders.1).contains { $0.event == .rollback && $0.step % 4 == 0 })
    #expect(try lines(in: folders.0).map(\.loss) == lines(in: folders.1).map(\.loss))
  }

  @Test func aGroupDecidesAlike() throws {
    var configuration = configuration
    configuration.training.gradAccumSteps = 2
    configuration.distributed.deterministic = true
    configuration.distributed.shardOptimizer = true
    for policy in ["skip", "rollback"] {
      configuration.training.onSpike = policy
      let (alone, shared) = (scratch.file("alone-\(policy)"), scratch.file("shared-\(policy)"))
      _ = try TrainingRun(configuration, in: alone, from: .fresh).run()
      _ = try LocalGroup.run(2) { [configuration] group in
        try TrainingRun(configuration, in: shared, from: .fresh, group: group).run()
      }
      let name = "checkpoints/0000040.safetensors"
      #expect(try readBytes("\(alone)/\(name)") == readBytes("\(shared)/\(name)"))
      #expect(try !events(in: alone).isEmpty && events(in: alone) == events(in: shared))
    }
  }

  @Test func theBatchIsKeptForInspection() throws {
    var configuration = configuration
    configuration.training.onSpike = "stop"
    let folder = scratch.file("run")
    let run = try TrainingRun(configuration, in: folder, from: .fresh)
    let error = #expect(throws: TrainingError.self) { try run.run() }
    guard case .spike(let what, let value, let median, let step) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(value > 1.2 * median && step == run.trainer.step + 1)
    let name = try #require(
      FileManager.default.contentsOfDirectory(atPath: folder + "/bad-batches").first)
    let file = try SafeTensorsFile(contentsOf: "\(folder)/bad-batches/\(name)")
    #expect(Set(file.names) == ["indices", "labels", "input", "t", "m", "loss"])
    #expect(try file.tensor("input").shape == [8, 1, 4, 4])
    #expect(file.metadata["mixflow.bad_batch"] == "\(try #require(error))")
    if what == "loss" {
      expectClose(try file.tensor("loss").sum() / 8, value, relativeToMax: 1e-5)
    }
    let (t, m) = (try file.tensor("t").array, try file.tensor("m").array)
    #expect(zip(t, m).allSatisfy { $1 <= $0 && $1 >= 0 && $0 <= 1 })
    #expect(try file.integers("indices").allSatisfy { (0..<10).contains($0) })
  }

  /// A fault of memory that makes a weight NaN is mended by going back, not by other batches.
  @Test func goingBackMendsBrokenWeights() throws {
    for policy in ["rollback", "skip"] {
      var configuration = configuration
      configuration.training.spikeFactor = nil
      configuration.training.onSpike = policy
      configuration.training.maxSpikes = 3
      let folder = scratch.file(policy)
      let run = try TrainingRun(configuration, in: folder, from: .fresh)
      let bias = try #require(
        run.trainer.model.parameters.first { $0.name == "final_layer.linear.bias" })
      var isBroken = false
      func train() throws -> TrainingRun.Outcome {
        try run.run(shouldStop: {
          if run.trainer.step == 6, !isBroken {
            bias.assign(Tensor(repeating: .nan, shape: bias.shape))
            isBroken = true
          }
          return false
        })
      }
      if policy == "rollback" {
        #expect(try train() == .finished)
        #expect(run.trainer.skippedBatches.numbers == [6])
        #expect(try lines(in: folder).map(\.step) == (1...13).map { 3 * $0 } + [40])
      } else {
        let error = #expect(throws: TrainingError.self) { try train() }
        #expect("\(try #require(error))".contains("which is training.max_spikes"))
        #expect(CheckpointFolder(of: folder).complete().map(\.step) == [4])
      }
    }
  }

  private func events(in folder: String) throws -> [MetricsLog.Event] {
    try text(folder).compactMap { try? JSONDecoder().decode(MetricsLog.Event.self, from: $0) }
  }

  private func lines(in folder: String) throws -> [MetricsLog.Line] {
    try text(folder).compactMap { try? JSONDecoder().decode(MetricsLog.Line.self, from: $0) }
  }

  private func text(_ folder: String) throws -> [Data] {
    try readBytes("\(folder)/metrics.jsonl").split(separator: UInt8(ascii: "\n")).map { Data($0) }
  }
}

import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Runs that several processes share, played by threads.
@Suite struct DistributedRunTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration

  init() throws {
    scratch = try TemporaryFolder()
    var configuration = try tinyRun(data: scratch.file("data"))
    configuration.training.gradAccumSteps = 4
    configuration.training.checkpointEvery = 3
    configuration.distributed.bucketMiB = 1
    self.configuration = configuration
  }

  @Test(arguments: [2, 4], [false, true])
  func anyNumberOfProcessesGivesTheSameBits(processes: Int, sharded: Bool) throws {
    var configuration = configuration
    configuration.distributed.deterministic = true
    configuration.distributed.shardOptimizer = sharded
    let (alone, shared) = (scratch.file("alone"), scratch.file("shared"))
    #expect(try TrainingRun(configuration, in: alone, from: .fresh).run() == .finished)
    try train(configuration, in: shared, processes: processes)
    try expectSameFiles(alone, shared)
    #expect(try metrics(alone).map(\.loss) == metrics(shared).map(\.loss))
  }

  @Test func goesOnWithAnotherNumberOfProcesses() throws {
    var configuration = configuration
    configuration.distributed.deterministic = true
    configuration.distributed.shardOptimizer = true
    let (whole, parts) = (scratch.file("whole"), scratch.file("parts"))
    try train(configuration, in: whole, processes: 4)
    let outcomes = try LocalGroup.run(2) { [configuration] group in
      var steps = 0
      return try TrainingRun(configuration, in: parts, from: .fresh, group: group).run(shouldStop: {
        steps += 1
        // One process asked to stop ends all of them.
        return steps == 2 && group.rank == 1
      })
    }
    #expect(outcomes == [.stopped(step: 2), .stopped(step: 2)])
    _ = try LocalGroup.run(4) { group in
      try TrainingRun(resuming: parts, group: group).run()
    }
    try expectSameFiles(whole, parts)
  }

  @Test func sumsInOrderAgreeWithinRounding() throws {
    let (alone, shared) = (scratch.file("alone"), scratch.file("shared"))
    _ = try TrainingRun(configuration, in: alone, from: .fresh).run()
    try train(configuration, in: shared, processes: 2)
    for (a, b) in zip(try metrics(alone), try metrics(shared)) {
      expectClose(Float(a.loss), Float(b.loss), relativeToMax: 1e-4)
    }
  }

  @Test func halvesOnTheWireTrain() throws {
    var configuration = configuration
    configuration.distributed.wire = "bfloat16"
    let (alone, shared) = (scratch.file("alone"), scratch.file("shared"))
    _ = try TrainingRun(self.configuration, in: alone, from: .fresh).run()
    try train(configuration, in: shared, processes: 2)
    let (a, b) = (try metrics(alone).map(\.loss), try metrics(shared).map(\.loss))
    #expect(a != b)
    for (a, b) in zip(a, b) { expectClose(Float(a), Float(b), relativeToMax: 3e-2) }
  }

  @Test func otherSettingsAreRefused() throws {
    let folder = scratch.file("run")
    let problems = try LocalGroup.run(2) { [configuration] group in
      var configuration = configuration
      if group.rank == 1 { configuration.training.learningRate *= 2 }
      do {
        _ = try TrainingRun(configuration, in: folder, from: .fresh, group: group)
        return ""
      } catch { return "\(error)" }
    }
    #expect(problems.allSatisfy { $0.hasPrefix("rank 1 has a configuration other than rank 0") })
  }

  @Test func unequalSharesAreRefused() throws {
    let folder = scratch.file("run")
    let problems = try LocalGroup.run(3) { [configuration] group in
      do {
        _ = try TrainingRun(configuration, in: folder, from: .fresh, group: group)
        return ""
      } catch { return "\(error)" }
    }
    #expect(problems.allSatisfy { $0.hasPrefix("training.grad_accum_steps: 4 micro-batches") })
  }

  private func train(_ configuration: RunConfiguration, in folder: String, processes: Int) throws {
    let outcomes = try LocalGroup.run(processes) { group in
      try TrainingRun(configuration, in: folder, from: .fresh, group: group).run()
    }
    #expect(outcomes.allSatisfy { $0 == .finished })
  }

  private func expectSameFiles(_ a: String, _ b: String) throws {
    let steps = CheckpointFolder(of: a).complete().map(\.step)
    #expect(steps.last == configuration.training.maxSteps)
    for manifest in CheckpointFolder(of: a).complete().suffix(1) {
      let name = "checkpoints/\(manifest.file)"
      #expect(try readBytes("\(a)/\(name)") == readBytes("\(b)/\(name)"))
    }
  }

  private func metrics(_ folder: String) throws -> [MetricsLog.Line] {
    try metricsLines(in: folder)
  }
}

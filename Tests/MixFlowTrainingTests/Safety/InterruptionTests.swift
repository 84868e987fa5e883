import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Runs that are interrupted, and checkpoints that go bad.
@Suite struct InterruptionTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration

  init() throws {
    scratch = try TemporaryFolder()
    configuration = try tinyRun(data: scratch.file("data"))
  }

  @Test func goesOnFromAnOlderCheckpointWhereTheNewestIsDamaged() throws {
    var configuration = configuration
    configuration.training.checkpointEvery = 2
    configuration.training.keepLast = 3
    let (whole, folder) = (scratch.file("whole"), scratch.file("run"))
    _ = try TrainingRun(configuration, in: whole, from: .fresh).run()
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    let newest = "\(folder)/checkpoints/0000006.safetensors"
    try flipABit(of: newest)
    var warnings: [String] = []
    // With one checkpoint to keep, a damaged one that counted would be it.
    let run = try TrainingRun(
      resuming: folder,
      change: { saved in
        var changed = saved
        changed.training.keepLast = 1
        return changed
      }, onDamage: { warnings.append("\($0)") })
    #expect(run.trainer.step == 4)
    #expect(warnings.count == 1 && warnings[0].hasPrefix("\(newest): 'ema."), "\(warnings)")
    #expect(FileManager.default.fileExists(atPath: newest + ".damaged"))
    _ = try run.run()
    #expect(CheckpointFolder(of: folder).complete().map(\.step) == [6])
    let files = try [whole, folder].map {
      try SafeTensorsFile(contentsOf: "\($0)/checkpoints/0000006.safetensors")
    }
    for name in files[0].names { #expect(try files[0].bytes(name) == files[1].bytes(name)) }
  }

  @Test func whereAllAreDamagedTheNewestIsNamed() throws {
    let folder = scratch.file("run")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    try flipABit(of: "\(folder)/checkpoints/0000006.safetensors")
    let error = #expect(throws: CheckpointError.self) { try TrainingRun(resuming: folder) }
    #expect("\(try #require(error))".contains("0000006.safetensors: 'ema."))
    // It stays where it is: there is nothing better.
    #expect(CheckpointFolder(of: folder).complete().map(\.step) == [6])
  }

  @Test func removesWhatKillsLeft() throws {
    let folder = scratch.file("run")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    let left = [
      ".mixflow-1.tmp", "samples/.mixflow-2.tmp", "checkpoints/.mixflow-3.tmp",
      // What a kill between a checkpoint and its manifest, or within a deletion, leaves.
      "checkpoints/0000002.safetensors",
    ]
    let own = ["checkpoints/mine.safetensors", "notes.tmp"]
    for name in left + own { try scratch.write([1], to: "run/\(name)") }
    _ = try TrainingRun(resuming: folder) { saved in
      var changed = saved
      changed.training.maxSteps += 1
      return changed
    }
    for name in left {
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/\(name)"), "\(name)")
    }
    for name in own {
      #expect(FileManager.default.fileExists(atPath: "\(folder)/\(name)"), "\(name)")
    }
  }

  @Test func savesByTheClock() throws {
    var configuration = configuration
    configuration.training.saveEveryMinutes = 1e-9
    configuration.training.keepLast = 10
    let folder = scratch.file("run")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    #expect(CheckpointFolder(of: folder).complete().map(\.step) == Array(1...6))
  }

  @Test func oneProcessHasAllStartAgain() throws {
    var configuration = configuration
    configuration.training.gradAccumSteps = 2
    configuration.training.saveEveryMinutes = 1e-9
    let folder = scratch.file("run")
    let outcomes = try LocalGroup.run(2) { [configuration] group in
      var steps = 0
      return try TrainingRun(configuration, in: folder, from: .fresh, group: group).run(
        shouldRequeue: {
          steps += 1
          return steps == 3 && group.rank == 1
        })
    }
    #expect(outcomes == [.requeued(step: 3), .requeued(step: 3)])
    #expect(CheckpointFolder(of: folder).complete().last?.step == 3)
  }

  @Test func aFolderThatIsTakenAwayEndsTheRun() throws {
    let folder = scratch.file("run")
    let run = try TrainingRun(configuration, in: folder, from: .fresh)
    let error = #expect(throws: TrainingError.self) {
      try run.run(shouldStop: {
        if run.trainer.step == 2 { rename(folder, folder + "-moved") }
        return false
      })
    }
    #expect(
      "\(try #require(error))" == """
        \(folder): was removed or moved while the run was using it; put it back and go on with \
        mixflow train --resume
        """)
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  private func flipABit(of file: String) throws {
    let place = try SafeTensorsFile(contentsOf: file).info(for: "ema.blocks.0.attn.qkv.weight")
      .range.lowerBound
    var bytes = try readBytes(file)
    bytes[place] ^= 1
    try writeBytes(bytes, to: file)
  }
}

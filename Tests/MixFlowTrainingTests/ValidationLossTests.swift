import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// The loss on held-out data.
@Suite struct ValidationLossTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration

  init() throws {
    scratch = try TemporaryFolder()
    var configuration = try tinyRun(data: scratch.file("data"))
    configuration.validation.path = try tinyRun(data: scratch.file("held"), brightness: 3).data.path
    configuration.validation.every = 2
    configuration.validation.batches = 8
    configuration.validation.bins = 4
    configuration.validation.weights = "both"
    self.configuration = configuration
  }

  @Test func leavesTrainingAsItIs() throws {
    var plain = configuration
    plain.validation = ValidationSection()
    let (with, without) = (scratch.file("with"), scratch.file("without"))
    _ = try TrainingRun(configuration, in: with, from: .fresh).run()
    _ = try TrainingRun(plain, in: without, from: .fresh).run()
    let files = try [with, without].map(newest)
    #expect(files[0].names == files[1].names)
    for name in files[0].names {
      #expect(try files[0].bytes(name) == files[1].bytes(name), "\(name)")
    }
    #expect(try losses(with) == losses(without))
  }

  @Test func isLoggedByIntervals() throws {
    let folder = scratch.file("run")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    let lines = try validation(folder)
    #expect(lines.map(\.step) == [0, 2, 4, 6])
    for line in lines {
      let (loss, bins) = (try #require(line.loss), try #require(line.bins))
      #expect(loss > 0 && bins.count == 4 && bins.contains { $0 != nil })
      let found = bins.compactMap(\.self)
      #expect(try #require(found.min()) <= loss && loss <= #require(found.max()))
      #expect(line.rawLoss != nil && line.rawBins?.count == 4)
    }
    // The averages begin as the weights and lag behind them.
    #expect(lines[0].loss == lines[0].rawLoss && lines[3].loss != lines[3].rawLoss)
    // Trained on what is measured, the loss falls.
    #expect(try #require(lines[3].rawLoss) < #require(lines[0].rawLoss))
  }

  @Test func isTheSameForAResumedRun() throws {
    let (whole, parts) = (scratch.file("whole"), scratch.file("parts"))
    _ = try TrainingRun(configuration, in: whole, from: .fresh).run()
    var steps = 0
    _ = try TrainingRun(configuration, in: parts, from: .fresh).run(shouldStop: {
      steps += 1
      return steps == 3
    })
    _ = try TrainingRun(resuming: parts).run()
    #expect(try validation(whole) == validation(parts))
  }

  @Test(arguments: [false, true])
  func isTheSameForSeveralProcesses(sharded: Bool) throws {
    var configuration = configuration
    configuration.training.gradAccumSteps = 4
    configuration.distributed.deterministic = true
    configuration.distributed.shardOptimizer = sharded
    let (alone, shared) = (scratch.file("alone"), scratch.file("shared"))
    _ = try TrainingRun(configuration, in: alone, from: .fresh).run()
    _ = try LocalGroup.run(2) { [configuration] group in
      try TrainingRun(configuration, in: shared, from: .fresh, group: group).run()
    }
    #expect(try validation(alone) == validation(shared))
  }

  @Test func aFractionIsHeldOut() throws {
    var configuration = configuration
    configuration.validation.path = nil
    configuration.validation.fraction = 0.3
    let folder = scratch.file("run")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    #expect(try validation(folder).count == 4)
    let checkpoints = CheckpointFolder(of: folder)
    let checkpoint = try TrainingCheckpoint(contentsOf: checkpoints.file(of: checkpoints.newest()))
    let sizes = try configuration.validated()
    #expect(try configuration.openData(for: sizes).fingerprint != checkpoint.dataFingerprint)
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingRun(resuming: folder) {
        var changed = $0
        changed.training.maxSteps += 1
        changed.validation.fraction = 0.2
        return changed
      }
    }
    #expect(error?.key == "validation.fraction")
    // Too small a share of ten images.
    configuration.validation.fraction = 0.01
    #expect(throws: ConfigurationError.self) {
      try TrainingRun(configuration, in: scratch.file("small"), from: .fresh)
    }
  }

  @Test func theDataOfTrainingAreRefused() throws {
    var configuration = configuration
    configuration.validation.path = configuration.data.path
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingRun(configuration, in: scratch.file("run"), from: .fresh)
    }
    #expect(error?.key == "validation.path")
  }

  private func lines(_ folder: String) throws -> [Data] {
    try String(decoding: readBytes("\(folder)/metrics.jsonl"), as: UTF8.self)
      .split(separator: "\n").map { Data($0.utf8) }
  }

  private func validation(_ folder: String) throws -> [MetricsLog.ValidationLine] {
    try lines(folder).map { try JSONDecoder().decode(MetricsLog.ValidationLine.self, from: $0) }
      .filter { $0.rawLoss != nil || $0.loss != nil }
  }

  private func losses(_ folder: String) throws -> [Double] {
    try lines(folder).compactMap { try? JSONDecoder().decode(MetricsLog.Line.self, from: $0) }
      .map(\.loss)
  }

  private func newest(_ folder: String) throws -> SafeTensorsFile {
    let checkpoints = CheckpointFolder(of: folder)
    return try SafeTensorsFile(contentsOf: checkpoints.file(of: checkpoints.newest()))
  }
}

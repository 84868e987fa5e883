import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Runs of a tiny model on tiny images.
@Suite struct TrainingRunTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration

  init() throws {
    scratch = try TemporaryFolder()
    configuration = try tinyRun(data: scratch.file("data"))
  }

  @Test func resumesBitForBit() throws {
    // Stopping inside a window of metrics must not change its mean.
    var configuration = configuration
    configuration.training.logEvery = 4
    let whole = scratch.file("whole")
    #expect(try TrainingRun(configuration, in: whole, from: .fresh).run() == .finished)

    let parts = scratch.file("parts")
    var steps = 0
    let outcome = try TrainingRun(configuration, in: parts, from: .fresh).run(shouldStop: {
      steps += 1
      return steps == 3
    })
    #expect(outcome == .stopped(step: 3))
    #expect(try TrainingRun(resuming: parts).run() == .finished)

    let last = try #require(CheckpointFolder(of: whole).complete().last)
    #expect(last.step == configuration.training.maxSteps)
    #expect(
      try readBytes("\(whole)/checkpoints/\(last.file)")
        == readBytes("\(parts)/checkpoints/\(last.file)"))
    let losses = try [whole, parts].map { try metricsLines(in: $0).map(\.loss) }
    #expect(losses[0] == losses[1])
  }

  /// Each way to save memory for the first half of a run, none for the rest.
  @Test(arguments: [("full", false), ("selective", false), ("none", true), ("selective", true)])
  func waysToSaveMemoryChangeNoBit(checkpointing: String, inBackward: Bool) throws {
    var configuration = configuration
    configuration.training.clipGrad = nil
    configuration.training.gradAccumSteps = 1
    let whole = scratch.file("whole")
    _ = try TrainingRun(configuration, in: whole, from: .fresh).run()
    var saving = configuration
    saving.training.activationCheckpointing = checkpointing
    saving.training.optimizerInBackward = inBackward
    let mixed = scratch.file("mixed")
    var steps = 0
    _ = try TrainingRun(saving, in: mixed, from: .fresh).run(shouldStop: {
      steps += 1
      return steps == 3
    })
    let rest = try TrainingRun(resuming: mixed) { saved in
      #expect(saved.training == saving.training)
      return configuration
    }
    #expect(try rest.run() == .finished)
    let files = try [whole, mixed].map { folder in
      let checkpoints = CheckpointFolder(of: folder)
      return try SafeTensorsFile(contentsOf: checkpoints.file(of: checkpoints.newest()))
    }
    #expect(files[0].names == files[1].names)
    for name in files[0].names {
      #expect(try files[0].bytes(name) == files[1].bytes(name), "\(name)")
    }
  }

  @Test func threadsDoNotMatter() throws {
    let threads = Parallelism.threads
    defer { Parallelism.threads = threads }
    let files = try [1, 2, 3].map { count in
      Parallelism.threads = count
      let folder = scratch.file("\(count)")
      _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
      let last = try #require(CheckpointFolder(of: folder).complete().last)
      return try readBytes("\(folder)/checkpoints/\(last.file)")
    }
    #expect(files[0] == files[1] && files[0] == files[2])
  }

  @Test func resumesFromTheNewestCompleteCheckpoint() throws {
    let folder = scratch.file("run")
    var short = configuration
    short.training.checkpointEvery = 2
    _ = try TrainingRun(short, in: folder, from: .fresh).run()
    // A file without a manifest is what a kill in the middle of a checkpoint leaves.
    try FileManager.default.removeItem(atPath: "\(folder)/checkpoints/0000006.json")
    let leftover = "\(folder)/checkpoints/.mixflow-1234.tmp"
    try writeBytes([0], to: leftover)
    #expect(try TrainingRun(resuming: folder).trainer.step == 4)
    #expect(!FileManager.default.fileExists(atPath: leftover))
    // So is one whose file is shorter than its manifest says.
    let file = "\(folder)/checkpoints/0000004.safetensors"
    try writeBytes(Array(try readBytes(file).dropLast(10)), to: file)
    #expect(throws: TrainingError.self) { try TrainingRun(resuming: folder) }
  }

  @Test func keepsTheLastAndEveryNth() throws {
    let folder = scratch.file("run")
    var every = configuration
    every.training.checkpointEvery = 1
    every.training.keepLast = 2
    every.training.keepEvery = 3
    _ = try TrainingRun(every, in: folder, from: .fresh).run()
    #expect(CheckpointFolder(of: folder).complete().map(\.step) == [3, 5, 6])
  }

  @Test func accumulationEqualsOneBatch() throws {
    var pieces = configuration
    pieces.training.gradAccumSteps = 4
    let one = try TrainingRun(configuration, in: scratch.file("one"), from: .fresh)
    let four = try TrainingRun(pieces, in: scratch.file("four"), from: .fresh)
    for _ in 0..<3 {
      let (a, b) = (try one.trainer.makeStep(), try four.trainer.makeStep())
      expectClose(b.loss, a.loss, relativeToMax: 1e-6)
      expectClose(b.gradientNorm, a.gradientNorm, relativeToMax: 1e-5)
    }
  }

  @Test func startsFromTheAverages() throws {
    let base = scratch.file("base")
    let run = try TrainingRun(configuration, in: base, from: .fresh)
    _ = try run.run()
    let averages = run.trainer.optimizer.states.map(\.average)
    let file = CheckpointFolder(of: base).file(
      of: try #require(CheckpointFolder(of: base).complete().last))
    let post = try TrainingRun(
      configuration, in: scratch.file("post"), from: .weights(of: file, .auto))
    #expect(post.trainer.step == 0)
    #expect(post.trainer.optimizer.parameters.map(\.value) == averages)
    #expect(post.trainer.optimizer.states.map(\.average) == averages)
    #expect(post.trainer.optimizer.states.allSatisfy { $0.first.squaredNorm() == 0 })
    let raw = try TrainingRun(
      configuration, in: scratch.file("raw"), from: .weights(of: file, .raw))
    #expect(raw.trainer.optimizer.parameters.map(\.value) != averages)
  }

  @Test func stopsBeforeNaNReachesTheWeights() throws {
    let run = try TrainingRun(configuration, in: scratch.file("run"), from: .fresh)
    _ = try run.trainer.makeStep()
    let parameter = try #require(
      run.trainer.model.parameters.first { $0.name == "final_layer.linear.bias" })
    parameter.assign(Tensor(repeating: .nan, shape: parameter.shape))
    let before = run.trainer.optimizer.states.map(\.first)
    let weights = run.trainer.model.parameters.first { $0.name == "blocks.0.attn.qkv.weight" }?
      .value
    #expect(throws: TrainingError.notFinite("loss", step: 2)) { try run.trainer.makeStep() }
    #expect(run.trainer.step == 1)
    #expect(run.trainer.optimizer.states.map(\.first) == before)
    #expect(
      run.trainer.model.parameters.first { $0.name == "blocks.0.attn.qkv.weight" }?.value
        == weights)
    #expect(run.trainer.model.parameters.allSatisfy { $0.gradient == nil })
  }

  @Test func refusesOtherDataAndUsedFolders() throws {
    let folder = scratch.file("run")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    #expect(throws: TrainingError.self) {
      try TrainingRun(configuration, in: folder, from: .fresh)
    }
    let other = try tinyRun(data: scratch.file("other"), brightness: 3)
    #expect(throws: TrainingError.self) {
      try TrainingRun(resuming: folder) { saved in
        var changed = saved
        changed.data = other.data
        changed.training.maxSteps += 1
        return changed
      }
    }
  }

  @Test func aFolderServesOneProcess() throws {
    let folder = scratch.file("run")
    let first = try TrainingRun(configuration, in: folder, from: .fresh)
    #expect(throws: TrainingError.self) { try TrainingRun(configuration, in: folder, from: .fresh) }
    _ = try first.run()
  }

  @Test func refusesWeightsTrainedForSomethingElse() throws {
    let base = scratch.file("base")
    _ = try TrainingRun(configuration, in: base, from: .fresh).run()
    let file = CheckpointFolder(of: base).file(
      of: try #require(CheckpointFolder(of: base).complete().last))
    let changes: [(String, (inout RunConfiguration) -> Void)] = [
      ("model.num_heads", { $0.model.numHeads = 4 }),
      ("transport.path_type", { $0.transport.pathType = "GVP" }),
      ("transport.prediction", { $0.transport.prediction = "noise" }),
    ]
    for (key, change) in changes {
      var changed = configuration
      change(&changed)
      let error = #expect(throws: ConfigurationError.self) {
        try TrainingRun(changed, in: scratch.file(key), from: .weights(of: file, .auto))
      }
      #expect(error?.key == key)
    }
  }

  @Test func aResumedRunKeepsItsPast() throws {
    let folder = scratch.file("run")
    var steps = 0
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run(shouldStop: {
      steps += 1
      return steps == 2
    })
    let changes: [(String, (inout RunConfiguration) -> Void)] = [
      ("model", { $0.model.depth = 3 }), ("transport", { $0.transport.timeDistType = "uniform" }),
      ("training.batch_size", { $0.training.batchSize = 16 }),
      ("training.seed", { $0.training.seed = 1 }),
      ("training.max_steps", { $0.training.maxSteps = 2 }),
    ]
    for (key, change) in changes {
      let error = #expect(throws: ConfigurationError.self) {
        try TrainingRun(resuming: folder) { saved in
          var changed = saved
          change(&changed)
          return changed
        }
      }
      #expect(error?.key == key)
    }
  }

  @Test func aFailedGridLosesNoCheckpoint() throws {
    var configuration = configuration
    configuration.training.sampleEvery = 6
    let folder = scratch.file("run")
    let run = try TrainingRun(configuration, in: folder, from: .fresh)
    // A file where the grids' folder should be.
    try writeBytes([], to: "\(folder)/samples")
    #expect(throws: (any Error).self) { try run.run() }
    #expect(CheckpointFolder(of: folder).complete().map(\.step) == [6])
  }

  @Test func averagesAreGivenBack() throws {
    let trainer = try TrainingRun(configuration, in: scratch.file("run"), from: .fresh).trainer
    let optimizer = trainer.optimizer
    let values = optimizer.parameters.map(\.value)
    try trainer.withAverages {
      optimizer.parameters[0].assign(Tensor(zeros: optimizer.parameters[0].shape))
    }
    #expect(optimizer.parameters.map(\.value) == values)
  }
}

/// The lines of metrics that a run wrote.
func metricsLines(in folder: String) throws -> [MetricsLog.Line] {
  try String(decoding: readBytes("\(folder)/metrics.jsonl"), as: UTF8.self)
    .split(separator: "\n").map {
      try JSONDecoder().decode(MetricsLog.Line.self, from: Data($0.utf8))
    }
}

/// A run of six steps of a tiny SiT on 4x4 images, written to `data` as class folders.
func tinyRun(data: String, brightness: Int = 1) throws -> RunConfiguration {
  for label in 0..<2 {
    let folder = "\(data)/\(label)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for index in 0..<5 {
      let pixels = (0..<16).map { UInt8(truncatingIfNeeded: ($0 * 7 + index * 31) * brightness) }
      let image = Image(width: 4, height: 4, channels: 1, pixels: pixels)
      try writeBytes(try image.pngBytes(), to: "\(folder)/\(index).png")
    }
  }
  var run = RunConfiguration()
  run.model.inputSize = 4
  run.model.inChannels = 1
  run.model.hiddenSize = 16
  run.model.depth = 2
  run.model.numHeads = 2
  run.model.numClasses = 2
  run.model.learnSigma = false
  run.data.path = data
  run.data.flip = true
  run.transport.timeDistType = "beta_2_1"
  run.mixflow.gamma = 0.8
  run.training.maxSteps = 6
  run.training.batchSize = 8
  run.training.learningRate = 1e-2
  run.training.clipGrad = 1
  run.training.emaDecay = 0.9
  run.training.logEvery = 1
  run.sampler.numSteps = 3
  return run
}

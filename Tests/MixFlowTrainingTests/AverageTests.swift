import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Moving averages of several decays and their warm-up.
@Suite struct AverageTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration

  init() throws {
    scratch = try TemporaryFolder()
    configuration = try tinyRun(data: scratch.file("data"))
  }

  @Test func warmsUpAsDiffusersDoes() {
    var options = AdamW.Options()
    #expect(options.emaDecay(0.9999, after: 0) == 0.9999)
    options.emaWarmup = true
    // diffusers' EMAModel.get_decay with its defaults.
    #expect(options.emaDecay(0.9999, after: 0) == 0)
    #expect(options.emaDecay(0.9999, after: 1) == 2.0 / 11)
    #expect(options.emaDecay(0.9999, after: 90) == 0.91)
    #expect(options.emaDecay(0.9, after: 90) == 0.9)
  }

  @Test(arguments: [false, true])
  func eachDecayIsAveragedDirectly(warmup: Bool) throws {
    var options = AdamW.Options()
    (options.emaDecay, options.emaWarmup) = (0.9, warmup)
    options.furtherAverages = [.exponential(decay: 0.5), .exponential(decay: 0.99)]
    let parameter = Parameter(name: "p", value: Tensor([1, -2, 3], shape: [3]))
    let optimizer = AdamW([parameter], options: options)
    var expected = [0.9, 0.5, 0.99].map { _ in parameter.value.map(Double.init) }
    for step in 0..<20 {
      parameter.gradient = Tensor([1, 0.5, -1 + Float(step) / 7], shape: [3])
      optimizer.update(learningRate: 0.1)
      for (index, decay) in [0.9, 0.5, 0.99].enumerated() {
        let decay = options.emaDecay(decay, after: step)
        expected[index] = zip(expected[index], parameter.value.map(Double.init)).map {
          decay * $0 + (1 - decay) * $1
        }
      }
    }
    let state = optimizer.states[0]
    for (average, expected) in zip([state.average] + state.furtherAverages, expected) {
      expectClose(average, Tensor(expected.map(Float.init), shape: [3]), relativeToMax: 1e-6)
    }
  }

  @Test func areStoredResumedAndChosen() throws {
    var configuration = configuration
    configuration.training.emaDecays = [0.5, 0.999]
    let (whole, parts) = (scratch.file("whole"), scratch.file("parts"))
    let run = try TrainingRun(configuration, in: whole, from: .fresh)
    _ = try run.run()
    var steps = 0
    _ = try TrainingRun(configuration, in: parts, from: .fresh).run(shouldStop: {
      steps += 1
      return steps == 2
    })
    _ = try TrainingRun(resuming: parts).run()
    let path = try newest(whole)
    #expect(try readBytes(path) == readBytes(newest(parts)))
    for (index, decay) in [0.5, 0.999].enumerated() {
      let choice = try #require(WeightsChoice(rawValue: "ema:\(decay)"))
      let model = try ModelCheckpoint(contentsOf: path, weights: choice).model
      let values = model.parameters.filter(\.isTrainable).map(\.value)
      #expect(values == run.trainer.optimizer.states.map { $0.furtherAverages[index] })
    }
    let error = #expect(throws: CheckpointError.self) {
      try ModelCheckpoint(contentsOf: path, weights: .average(decay: 0.7))
    }
    #expect("\(try #require(error))".contains("give one that it has: ema:0.5, ema:0.999, ema, raw"))
  }

  @Test func areSharedByProcesses() throws {
    var configuration = configuration
    configuration.training.gradAccumSteps = 2
    configuration.training.emaDecays = [0.5]
    configuration.training.emaWarmup = true
    configuration.training.freeze = ["blocks.0.*"]
    configuration.distributed.deterministic = true
    configuration.distributed.shardOptimizer = true
    let (alone, shared) = (scratch.file("alone"), scratch.file("shared"))
    _ = try TrainingRun(configuration, in: alone, from: .fresh).run()
    _ = try LocalGroup.run(2) { [configuration] group in
      try TrainingRun(configuration, in: shared, from: .fresh, group: group).run()
    }
    #expect(try readBytes(newest(alone)) == readBytes(newest(shared)))
  }

  private func newest(_ folder: String) throws -> String {
    let checkpoints = CheckpointFolder(of: folder)
    return try checkpoints.file(of: checkpoints.newest())
  }
}

extension Tensor {
  fileprivate func map<R>(_ body: (Float) -> R) -> [R] { withUnsafeBufferPointer { $0.map(body) } }
}

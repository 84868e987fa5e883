import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Runs that train low-rank adapters.
@Suite struct AdapterRunTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration
  /// A checkpoint to start from.
  private let base: String

  init() throws {
    scratch = try TemporaryFolder()
    var configuration = try tinyRun(data: scratch.file("data"))
    let folder = scratch.file("base")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    let checkpoints = CheckpointFolder(of: folder)
    base = try checkpoints.file(of: checkpoints.newest())
    configuration.lora.rank = 2
    configuration.lora.alpha = 3
    self.configuration = configuration
  }

  @Test func trainsAdaptersAlone() throws {
    let run = try TrainingRun(
      configuration, in: scratch.file("run"), from: .weights(of: base, .raw))
    let before = values(run)
    var plain = configuration
    plain.lora.rank = nil
    let twin = try TrainingRun(plain, in: scratch.file("twin"), from: .weights(of: base, .raw))
    // B is zero at first, so that the first loss is that of the weights.
    #expect(try run.trainer.makeStep().loss == twin.trainer.makeStep().loss)
    _ = try run.run()
    for (name, value) in values(run) {
      #expect((before[name] != value) == name.contains("lora_"), "\(name)")
    }
    let report = try SelectionReport(configuration, of: try configuration.validated())
    #expect(
      report.trainedValues == run.trainer.optimizer.parameters.reduce(0) { $0 + $1.value.count })
  }

  @Test func trainsNamedLayersBeside() throws {
    var configuration = configuration
    configuration.training.trainOnly = ["final_layer.linear.*"]
    configuration.lora.targets = ["blocks.*.attn.qkv"]
    let run = try TrainingRun(
      configuration, in: scratch.file("run"), from: .weights(of: base, .raw))
    let trained = run.trainer.model.parameters.filter(\.isTrainable).map(\.name)
    let layers = ["blocks.0.attn.qkv", "blocks.1.attn.qkv"]
    #expect(
      trained == layers.flatMap { ["\($0).lora_A.weight", "\($0).lora_B.weight"] }
        + ["final_layer.linear.weight", "final_layer.linear.bias"])
  }

  @Test func resumesBitForBit() throws {
    let whole = try TrainingRun(
      configuration, in: scratch.file("whole"), from: .weights(of: base, .raw))
    _ = try whole.run()
    let folder = scratch.file("parts")
    func stopped() throws -> TrainingRun.Outcome {
      try TrainingRun(configuration, in: folder, from: .weights(of: base, .raw))
        .run(shouldStop: { true })
    }
    #expect(try stopped() == .stopped(step: 1))
    _ = try TrainingRun(resuming: folder).run()
    let (a, b) = (try newest(scratch.file("whole")), try newest(folder))
    #expect(a.names == b.names)
    for name in a.names { #expect(try a.bytes(name) == b.bytes(name), "\(name)") }
    // Frozen weights are in the file once.
    #expect(
      a.names.contains("model.blocks.0.attn.qkv.weight")
        && !a.names.contains("ema.blocks.0.attn.qkv.weight")
        && a.names.contains("ema.blocks.0.attn.qkv.lora_A.weight"))
    let error = #expect(throws: ConfigurationError.self) {
      _ = try TrainingRun(resuming: folder) {
        var changed = $0
        changed.lora.rank = 3
        return changed
      }
    }
    #expect(error?.key == "lora")
  }

  @Test(arguments: [WeightsChoice.raw, .ema])
  func isReadWithMergedWeights(choice: WeightsChoice) throws {
    let folder = scratch.file("run")
    let run = try TrainingRun(configuration, in: folder, from: .weights(of: base, .raw))
    _ = try run.run()
    let path = try newest(folder).path
    let read = try ModelCheckpoint(contentsOf: path, weights: choice).model
    #expect(!read.parameters.contains { $0.name.contains("lora_") })
    var generator = Philox(seed: 2)
    let x = Tensor(normal: [2] + read.sampleShape, using: &generator)
    let own = { run.trainer.model(Variable(constant: x), t: [0.2, 0.9], labels: [0, 1], on: nil) }
    let expected = choice == .raw ? own() : try run.trainer.withAverages(own)
    let found = read(Variable(constant: x), t: [0.2, 0.9], labels: [0, 1], on: nil)
    for (a, b) in zip(found.value.array, expected.value.array) { #expect(abs(a - b) < 1e-5) }
    #expect(try !TrainingExport.isPossible(for: path))
  }

  @Test func newRunsBeginWithMergedAdapters() throws {
    let folder = scratch.file("run")
    _ = try TrainingRun(configuration, in: folder, from: .weights(of: base, .raw)).run()
    let path = try newest(folder).path
    let merged = try ModelCheckpoint(contentsOf: path, weights: .raw).model.parameters
    for rank in [nil, 1] as [Int?] {
      var next = configuration
      next.lora.rank = rank
      let run = try TrainingRun(
        next, in: scratch.file("next\(rank ?? 0)"), from: .weights(of: path, .raw))
      let values = values(run)
      for parameter in merged {
        #expect(values[parameter.name] == parameter.value, "\(parameter.name)")
      }
      #expect(values["blocks.0.attn.qkv.lora_A.weight"]?.shape == rank.map { [$0, 16] })
    }
    let error = #expect(throws: CheckpointError.self) {
      _ = try TrainingRun(
        configuration, in: scratch.file("on"),
        from: .weights(of: path, .auto, WarmStart(parts: [.optimizer])))
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("load neither optimizer nor ema"))
  }

  private func values(_ run: TrainingRun) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: run.trainer.model.parameters.map { ($0.name, $0.value) })
  }

  private func newest(_ folder: String) throws -> SafeTensorsFile {
    let checkpoints = CheckpointFolder(of: folder)
    return try SafeTensorsFile(contentsOf: checkpoints.file(of: checkpoints.newest()))
  }
}

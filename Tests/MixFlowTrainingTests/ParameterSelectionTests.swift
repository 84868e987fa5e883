import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Frozen parameters, and rates and decays by pattern.
@Suite struct ParameterSelectionTests {
  private let scratch: TemporaryFolder
  private let configuration: RunConfiguration

  init() throws {
    scratch = try TemporaryFolder()
    configuration = try tinyRun(data: scratch.file("data"))
  }

  @Test(arguments: [
    ("blocks.*.attn.*", "blocks.11.attn.qkv.weight", true),
    ("blocks.*.attn.*", "blocks.1.mlp.fc1.weight", false),
    ("blocks.[0-3].*", "blocks.3.mlp.fc1.bias", true), ("*", "x_embedder.proj.bias", true),
    ("blocks.[0-3].*", "blocks.4.mlp.fc1.bias", false), ("blocks.?", "blocks.0.mlp", false),
    ("pos_embed", "pos_embed", true),
  ])
  func globsMatch(pattern: String, name: String, expected: Bool) {
    #expect(ParameterPattern(pattern).matches(name) == expected)
  }

  @Test(arguments: ["none", "full", "selective"])
  func frozenParametersStayAsTheyAre(checkpointing: String) throws {
    var configuration = configuration
    configuration.training.freeze = ["blocks.*.attn.*", "x_embedder.*", "t_embedder.*"]
    configuration.training.activationCheckpointing = checkpointing
    let folder = scratch.file("run")
    let run = try TrainingRun(configuration, in: folder, from: .fresh)
    let before = values(run)
    _ = try run.run()
    for (name, value) in values(run) {
      let isFrozen =
        ["pos_embed", "x_embedder", "t_embedder"].contains { name.hasPrefix($0) }
        || name.contains(".attn.")
      #expect((before[name] == value) == isFrozen, "\(name)")
      let parameter = try #require(run.trainer.model.parameters.first { $0.name == name })
      #expect(parameter.isTrainable != isFrozen && parameter.gradient == nil)
    }
    #expect(run.trainer.optimizer.parameters.allSatisfy { !$0.name.contains(".attn.") })
    // Its file has no state of them, and is sampled and written for PyTorch.
    let file = try newest(folder)
    #expect(
      !file.names.contains { $0.hasPrefix("ema.") && $0.contains("attn") }
        && file.names.contains("model.blocks.0.attn.qkv.weight"))
    let model = try ModelCheckpoint(contentsOf: file.path).model
    #expect(model.parameters.map(\.name) == run.trainer.model.parameters.map(\.name))
    try TrainingExport(contentsOf: file.path).write(to: scratch.file("run.pt"))
  }

  @Test func frozenParametersStayInAResumedRun() throws {
    var configuration = configuration
    configuration.training.freeze = ["blocks.*.attn.*"]
    let folder = scratch.file("run")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run()
    let before = try ModelCheckpoint(contentsOf: newest(folder).path, weights: .raw).model
      .parameters
    let resumed = try TrainingRun(resuming: folder) {
      var changed = $0
      changed.training.maxSteps += 1
      return changed
    }
    _ = try resumed.run()
    for (old, new) in zip(before, resumed.trainer.model.parameters) {
      let stays = old.name.contains(".attn.") || old.name == "pos_embed"
      #expect((old.value == new.value) == stays, "\(old.name)")
    }
  }

  @Test func frozenGradientsChangeNoOther() throws {
    // Without clipping, the first update of a parameter is the same whatever else is trained.
    var all = configuration
    all.training.clipGrad = nil
    var some = all
    some.training.trainOnly = ["final_layer.*", "blocks.1.mlp.*"]
    let whole = try TrainingRun(all, in: scratch.file("all"), from: .fresh)
    let part = try TrainingRun(some, in: scratch.file("some"), from: .fresh)
    let start = values(part)
    let losses = (try whole.trainer.makeStep().loss, try part.trainer.makeStep().loss)
    #expect(losses.0 == losses.1)
    let (a, b) = (values(whole), values(part))
    for (name, value) in b {
      let isTrained = name.hasPrefix("final_layer.") || name.hasPrefix("blocks.1.mlp.")
      #expect(value == (isTrained ? a[name] : start[name]), "\(name)")
    }
  }

  @Test func ratesAndDecaysAreOfTheFirstMatch() throws {
    var rules = configuration
    rules.training.clipGrad = nil
    rules.training.learningRates = [
      LearningRateRule(pattern: "final_layer.linear.*", rate: 0),
      LearningRateRule(pattern: "final_layer.*", factor: 2),
      LearningRateRule(pattern: "*", factor: 1),
    ]
    rules.training.weightDecays = [WeightDecayRule(pattern: "blocks.*.bias", decay: 0)]
    rules.training.weightDecay = 0.5
    let selection = ParameterSelection(rules)
    #expect(
      selection.group(of: "final_layer.linear.bias")
        == AdamW.Group(rateFactor: 0, weightDecay: 0.5))
    #expect(selection.group(of: "final_layer.adaLN_modulation.1.bias").rateFactor == 2)
    #expect(selection.group(of: "blocks.0.mlp.fc1.bias") == AdamW.Group(weightDecay: 0))

    // An optimizer of its own for each group takes the same steps.
    let run = try TrainingRun(rules, in: scratch.file("run"), from: .fresh)
    let twin = try TrainingRun(configuration, in: scratch.file("twin"), from: .fresh)
    let model = run.trainer.model.parameters.filter(\.isTrainable)
    let copies = twin.trainer.model.parameters.filter(\.isTrainable)
    let optimizers = copies.map { copy in
      var options = run.trainer.optimizer.options
      options.weightDecay = selection.group(of: copy.name).weightDecay
      return AdamW([copy], options: options)
    }
    for step in 0..<3 {
      var generator = Philox(seed: 5, stream: UInt64(step))
      for (parameter, copy) in zip(model, copies) {
        parameter.gradient = Tensor(normal: parameter.shape, using: &generator)
        copy.gradient = parameter.gradient
      }
      run.trainer.optimizer.update(learningRate: 1e-2)
      for (copy, optimizer) in zip(copies, optimizers) {
        optimizer.update(learningRate: 1e-2 * selection.group(of: copy.name).rateFactor)
      }
    }
    for (parameter, copy) in zip(model, copies) {
      #expect(parameter.value == copy.value, "\(parameter.name)")
    }
  }

  @Test func reportsGroups() throws {
    var rules = configuration
    rules.training.freeze = ["blocks.*"]
    rules.training.learningRates = [LearningRateRule(pattern: "final_layer.*", factor: 0.5)]
    let run = try TrainingRun(rules, in: scratch.file("run"), from: .fresh)
    let report = try SelectionReport(rules, of: try rules.validated())
    let trained = run.trainer.model.parameters.filter(\.isTrainable)
    #expect(report.trained.map(\.group.rateFactor) == [1, 0.5])
    #expect(report.trained.map(\.arrays).reduce(0, +) == trained.count)
    #expect(report.trainedValues == trained.reduce(0) { $0 + $1.value.count })
  }

  private func values(_ run: TrainingRun) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: run.trainer.model.parameters.map { ($0.name, $0.value) })
  }

  private func newest(_ folder: String) throws -> SafeTensorsFile {
    let checkpoints = CheckpointFolder(of: folder)
    return try SafeTensorsFile(contentsOf: checkpoints.file(of: checkpoints.newest()))
  }
}

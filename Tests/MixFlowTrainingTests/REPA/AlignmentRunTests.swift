import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// Runs of a tiny model of REPA's that is aligned to a tiny encoder.
@Suite struct AlignmentRunTests {
  private let repa: REPAFolder
  private let encoder: TinyEncoder
  private let configuration: RunConfiguration

  init() throws {
    repa = try REPAFolder()
    encoder = try TinyEncoder()
    let file = repa.folder.file("encoder.safetensors")
    try SafeTensorsWriter.write(try encoder.hubTensors, to: file)
    configuration = alignedRun(data: repa.path, encoder: file)
  }

  /// The step of a trainer against ``REPALoss``, with noise, times and features made here once more.
  @Test(arguments: [nil, 0.8])
  func stepIsTheLossOfREPA(gamma: Double?) throws {
    var configuration = configuration
    configuration.mixflow.gamma = gamma
    let run = try TrainingRun(configuration, in: repa.folder.file("run"), from: .fresh)
    let sizes = try configuration.validated()
    let model = try #require(
      try sizes.makeModel(from: RandomParameters(seed: 0)) as? REPASiT)
    let data = try configuration.openData(for: sizes)
    var order = DataOrder(count: data.count, seed: 0)
    let times = try configuration.timestepSampler()
    let dropout = LabelDropout(probability: 0.1, nullClass: model.nullClass)
    var (pairs, labels): ([Timesteps], [Int]) = ([], [])
    var (x0, x1, features): ([Tensor], [Tensor], [Tensor]) = ([], [], [])
    let aligner = AlignmentEncoder(try encoder.model(), grid: 2)
    for (place, index) in order.samples(at: 0, count: 4).enumerated() {
      var generator = RandomPurpose.training.generator(seed: 0, index: place)
      pairs.append(times.sample(using: &generator))
      labels.append(dropout(repa.labels[index], u: generator.uniform()))
      _ = generator.uniform()
      x0.append(Tensor(normal: [1, 4, 4, 4], using: &generator))
      var latent = RandomPurpose.latent.generator(seed: 0, index: place)
      let (mean, deviation) = (
        repa.moments[index].samples(0..<4), repa.moments[index].samples(4..<8)
      )
      x1.append(
        (0.18215 * (mean + deviation * Tensor(normal: [4, 4, 4], using: &latent)))
          .reshaped([1, 4, 4, 4]))
      features.append(aligner(Tensor([repa.pictures[index]], range: 0...1)))
    }
    let example = TimeConvention.dataAtZero.velocityExample(
      try configuration.objective().example(
        x0: Tensor.concatenation(x0), x1: Tensor.concatenation(x1), t: pairs.map(\.t),
        m: pairs.map(\.m)))
    let tape = Tape()
    let output = model.predictionWithProjections(
      Variable(constant: example.input), t: example.t.map(Float.init), labels: labels, on: tape)
    let terms = REPALoss(coefficient: 0.5)(
      prediction: output.prediction, projections: output.projections, example: example,
      features: [.concatenation(features)])
    tape.backward(from: terms.total, gradient: Tensor(repeating: 0.25, shape: [4]))

    let report = try run.trainer.makeStep()
    expectClose(report.loss, terms.denoising.value.sum() / 4, relativeToMax: 1e-6, "loss")
    let alignment = try #require(report.projectionLoss)
    expectClose(alignment, terms.alignment.value.sum() / 4 / 0.5, relativeToMax: 1e-5, "proj_loss")
    expectClose(
      report.gradientNorm, gradientNorm(model.parameters), relativeToMax: 1e-5, "gradient")
    // A step of AdamW from the same weights ends at the same weights.
    let options = try configuration.training.optimizerOptions()
    AdamW(model.parameters, options: options).update(learningRate: 1e-2, gradientScale: 1)
    var moved = 0
    for (here, there) in zip(model.parameters, run.trainer.model.parameters) {
      #expect(here.name == there.name)
      // Adam divides by the gradient's size, so that rounding alone moves a gradient of zero.
      guard !here.name.hasSuffix("qkv.bias") else { continue }
      expectClose(there.value, here.value, absolute: 2e-4, here.name)
      moved += here.name.hasPrefix("projectors.") ? 1 : 0
    }
    #expect(moved == 6)
  }

  @Test func resumesBitForBit() throws {
    var configuration = configuration
    configuration.training.logEvery = 4
    let (whole, parts) = (repa.folder.file("whole"), repa.folder.file("parts"))
    #expect(try TrainingRun(configuration, in: whole, from: .fresh).run() == .finished)
    var steps = 0
    let outcome = try TrainingRun(configuration, in: parts, from: .fresh).run(shouldStop: {
      steps += 1
      return steps == 3
    })
    #expect(outcome == .stopped(step: 3))
    #expect(try TrainingRun(resuming: parts).run() == .finished)
    for name in ["checkpoints/0000006.safetensors", "metrics.jsonl"] {
      let bytes = try [whole, parts].map { try readBytes("\($0)/\(name)") }
      #expect(name == "metrics.jsonl" || bytes[0] == bytes[1], "\(name)")
    }
    let lines = try [whole, parts].map { folder in
      try String(decoding: readBytes("\(folder)/metrics.jsonl"), as: UTF8.self)
        .split(separator: "\n").map {
          try JSONDecoder().decode(MetricsLog.Line.self, from: Data($0.utf8))
        }
    }
    #expect(lines[0].map(\.projectionLoss) == lines[1].map(\.projectionLoss))
    #expect(lines[0].map(\.loss) == lines[1].map(\.loss))
    #expect(lines[0].allSatisfy { (-1...1).contains($0.projectionLoss ?? 2) })
  }

  /// Ways to save memory, and micro-batches, against the plain run.
  @Test(arguments: [
    ("full", false, 1), ("selective", false, 1), ("none", true, 1), ("none", false, 2),
  ])
  func waysToSaveMemoryChangeNothing(
    checkpointing: String, inBackward: Bool, pieces: Int
  ) throws {
    var saving = configuration
    saving.training.activationCheckpointing = checkpointing
    saving.training.optimizerInBackward = inBackward
    saving.training.gradAccumSteps = pieces
    let runs = try [("plain", configuration), ("saving", saving)].map { name, configuration in
      let run = try TrainingRun(configuration, in: repa.folder.file(name), from: .fresh)
      return (run, try (0..<3).map { _ in try run.trainer.makeStep() })
    }
    for (plain, saving) in zip(runs[0].1, runs[1].1) {
      let (a, b) = (try #require(plain.projectionLoss), try #require(saving.projectionLoss))
      expectClose(b, a, relativeToMax: pieces == 1 ? 0 : 1e-4)
      expectClose(saving.loss, plain.loss, relativeToMax: pieces == 1 ? 0 : 1e-4)
    }
    guard pieces == 1 else { return }
    for (plain, saving) in zip(
      runs[0].0.trainer.model.parameters, runs[1].0.trainer.model.parameters)
    {
      #expect(plain.value == saving.value, "\(plain.name)")
    }
  }

  @Test func alignmentRises() throws {
    var configuration = configuration
    configuration.training.maxSteps = 40
    let run = try TrainingRun(configuration, in: repa.folder.file("run"), from: .fresh)
    let losses = try (0..<40).map { _ in try #require(try run.trainer.makeStep().projectionLoss) }
    let (first, last) = (losses.prefix(5).reduce(0, +) / 5, losses.suffix(5).reduce(0, +) / 5)
    #expect(last < first - 0.2)
  }

  @Test func anotherEncoderCannotGoOn() throws {
    let folder = repa.folder.file("run")
    _ = try TrainingRun(configuration, in: folder, from: .fresh).run(shouldStop: { true })
    let other = repa.folder.file("other.safetensors")
    try SafeTensorsWriter.write(try TinyEncoder(seed: 4).tensors, to: other)
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingRun(resuming: folder) { saved in
        var changed = saved
        changed.training.encoder = other
        return changed
      }
    }
    #expect(error?.key == "training.encoder")
    // The same weights in the other generation's keys go on.
    try SafeTensorsWriter.write(encoder.tensors, to: other)
    let run = try TrainingRun(resuming: folder) { saved in
      var changed = saved
      changed.training.encoder = other
      return changed
    }
    #expect(try run.run() == .finished)
  }

  @Test func aFaultInAPictureChangesNothing() throws {
    let run = try TrainingRun(configuration, in: repa.folder.file("run"), from: .fresh)
    _ = try run.trainer.makeStep()
    let before = run.trainer.model.parameters.map(\.value)
    for index in 0..<6 { try repa.folder.write([1, 2, 3], to: REPAFolder.picture(index)) }
    #expect(throws: (any Error).self) { try run.trainer.makeStep() }
    #expect(run.trainer.step == 1)
    let after = run.trainer.model.parameters.map(\.value)
    #expect(after == before)
    #expect(run.trainer.model.parameters.allSatisfy { $0.gradient == nil })
  }

  @Test func countsTheEncoder() throws {
    let sizes = try configuration.validated()
    let data = try configuration.openData(for: sizes)
    let alignment = try #require(try configuration.alignment(with: data, for: sizes))
    let plain = TrainingMemory(sizes, configuration.training)
    let aligned = TrainingMemory(sizes, configuration.training, alignment: alignment)
    #expect(plain.alignment == 0)
    let weights = encoder.tensors.reduce(0) { $0 + 4 * $1.value.count }
    #expect(aligned.alignment > weights && aligned.peak == plain.peak + aligned.alignment)
  }

  static let mistakes: [(String, @Sendable (inout RunConfiguration) -> Void)] = [
    ("training.proj_coeff", { $0.training.encoder = nil }),
    ("model.z_dims", { $0.model.zDims = [32] }),
    ("model.z_dims", { $0.model.zDims = [64, 64] }),
    ("training.enc_type", { $0.training.encType = "dinov2-vit-b" }),
    ("data.flip", { $0.data.flip = true }),
  ]

  @Test(arguments: mistakes.indices)
  func namesTheKey(index: Int) {
    let (key, change) = Self.mistakes[index]
    var configuration = configuration
    change(&configuration)
    let error = #expect(throws: ConfigurationError.self, "\(key)") {
      try TrainingRun(configuration, in: repa.folder.file("run"), from: .fresh)
    }
    #expect(error?.key == key, "\(error.map(String.init(describing:)) ?? "")")
  }

  @Test func refusesAnotherModelsFile() throws {
    var configuration = configuration
    let file = repa.folder.file("sit.safetensors")
    try SafeTensorsWriter.write([(name: "pos_embed", value: Tensor(zeros: [1, 4, 4]))], to: file)
    configuration.training.encoder = file
    let error = #expect(throws: ModelInferenceError.self) {
      try TrainingRun(configuration, in: repa.folder.file("run"), from: .fresh)
    }
    #expect(
      "\(error.map(String.init(describing:)) ?? "")".contains("sit.safetensors: is no DINOv2"))
  }
}

/// Six steps of a tiny model of REPA's, aligned to an encoder of width 64.
func alignedRun(data: String, encoder: String?) -> RunConfiguration {
  var run = RunConfiguration(.repa)
  run.model.inputSize = 4
  run.model.hiddenSize = 16
  run.model.depth = 2
  run.model.numHeads = 2
  run.model.numClasses = 2
  run.model.encoderDepth = 1
  run.model.zDims = [64]
  run.model.projectorDim = 24
  run.data.path = data
  run.transport.timeDistType = "beta_2_1"
  run.mixflow.gamma = 0.8
  run.training.maxSteps = 6
  run.training.batchSize = 4
  run.training.learningRate = 1e-2
  run.training.emaDecay = 0.9
  run.training.logEvery = 1
  run.training.encoder = encoder
  return run
}

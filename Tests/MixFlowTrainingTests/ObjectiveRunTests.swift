import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// Runs of networks that are not a SiT, on tiny images.
@Suite struct ObjectiveRunTests {
  private let scratch: TemporaryFolder
  private let plain: RunConfiguration

  init() throws {
    scratch = try TemporaryFolder()
    plain = try tinyRun(data: scratch.file("data"))
  }

  /// The tiny run with another network and its defaults.
  private func configuration(_ kind: ModelKind) -> RunConfiguration {
    var run = RunConfiguration(kind)
    run.model = plain.model
    run.model.type = kind.rawValue
    run.data = plain.data
    let coefficient = run.training.projCoeff
    run.training = plain.training
    run.training.projCoeff = coefficient
    run.training.sampleEvery = 6
    run.training.sampleCount = 2
    run.sampler.numSteps = 4
    return run
  }

  @Test func aDiTLearnsItsDiffusion() throws {
    var configuration = configuration(.dit)
    configuration.model.learnSigma = true
    let folder = scratch.file("dit")
    let run = try TrainingRun(configuration, in: folder, from: .fresh)
    #expect(try run.run() == .finished)
    let checkpoint = try ModelCheckpoint(contentsOf: "\(folder)/checkpoints/0000006.safetensors")
    #expect(checkpoint.sizes.kind == .dit)
    #expect(try readBytes("\(folder)/samples/0000006.png").count > 0)
  }

  @Test func aDiTIsAskedAtWholeSteps() throws {
    var configuration = configuration(.dit)
    configuration.model.learnSigma = true
    let sizes = try configuration.validated()
    var batches = BatchMaker(
      data: try configuration.data.open(for: sizes),
      objective: try configuration.trainingObjective(),
      labelDropout: LabelDropout(probability: 0, nullClass: nil), flips: false, seed: 1)
    let batch = try batches.batch(at: 0, count: 64)
    #expect(batch.t.allSatisfy { $0 == $0.rounded() && (0..<1000).contains($0) })
    #expect(batch.t.contains { $0 > 700 } && batch.t.contains { $0 < 300 })
    let shape = [64, 2] + batch.input.shape.dropFirst(2)
    let losses = batch.loss(Variable(constant: Tensor(zeros: shape))).value.array
    // An answer of zeros misses noise of variance 1.
    #expect(losses.reduce(0, +) / 64 > 0.8)
    #expect(losses.count == 64 && losses.allSatisfy { $0 > 0.05 })
  }

  @Test func repaTrainsWithoutFeatures() throws {
    var configuration = configuration(.repa)
    configuration.model.encoderDepth = 1
    configuration.model.zDims = [8]
    configuration.model.projectorDim = 12
    configuration.mixflow.gamma = 0.8
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingRun(configuration, in: scratch.file("blind"), from: .fresh)
    }
    #expect(error?.key == "training.proj_coeff")
    configuration.training.projCoeff = 0
    configuration.training.weightDecay = 0.1
    let run = try TrainingRun(configuration, in: scratch.file("repa"), from: .fresh)
    let before = run.trainer.model.parameters.map(\.value)
    #expect(try run.run() == .finished)
    for (parameter, value) in zip(run.trainer.model.parameters, before) where parameter.isTrainable
    {
      let isProjector = parameter.name.hasPrefix("projectors.")
      #expect((parameter.value == value) == isProjector, "\(parameter.name)")
    }
  }
}

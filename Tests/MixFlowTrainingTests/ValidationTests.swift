import MixFlowTraining
import Testing

/// Settings that no run can use, each refused by name before anything is built.
@Suite struct ValidationTests {
  static let cases: [(String, @Sendable (inout RunConfiguration) -> Void)] = [
    ("model.hidden_size", { $0.model.hiddenSize = 4_000_000_000 }),
    ("model.depth", { $0.model.depth = StageSizes(.max, .max) }),
    ("model.num_classes", { $0.model.numClasses = .max }),
    ("model.input_size", { $0.model.inputSize = 10_000_000_000 }),
    ("model.mlp_ratio", { $0.model.mlpRatio = .max }),
    ("model.patch_size", { $0.model.patchSize = 0 }),
    ("model.num_heads", { $0.model.numHeads = 5 }),
    ("model.name", { $0.model.name = "SiT-H/2" }),
    ("model.class_dropout_prob", { $0.model.classDropoutProb = 1.5 }),
    ("transport.path_type", { $0.transport.pathType = "Curved" }),
    ("transport.prediction", { $0.transport.prediction = "data" }),
    ("transport.time_dist_type", { $0.transport.timeDistType = "beta" }),
    ("transport.time_dist_shift", { $0.transport.timeDistShift = 0.5 }),
    ("transport.time_dist_shift", { $0.transport.timeDistShift = .nan }),
    ("mixflow.gamma", { $0.mixflow.gamma = 1.01 }),
    ("mixflow.range", { $0.mixflow.range = "narrow" }),
    ("mixflow.target_time", { $0.mixflow.targetTime = "s" }),
    ("training.batch_size", { $0.training.batchSize = 1 << 62 }),
    ("training.grad_accum_steps", { $0.training.gradAccumSteps = 3 }),
    ("training.learning_rate", { $0.training.learningRate = .infinity }),
    ("training.betas", { $0.training.betas = [0.9] }),
    ("training.eps", { $0.training.eps = 0 }),
    ("training.weight_decay", { $0.training.weightDecay = -1 }),
    ("training.on_spike", { $0.training.onSpike = "ignore" }),
    (
      "training.on_spike",
      {
        $0.training.onSpike = "skip"
        $0.training.optimizerInBackward = true
      }
    ),
    ("training.spike_factor", { $0.training.spikeFactor = 1 }),
    ("training.save_every_minutes", { $0.training.saveEveryMinutes = 0 }),
    ("training.max_spikes", { $0.training.maxSpikes = 0 }),
    ("training.clip_grad", { $0.training.clipGrad = 0 }),
    ("training.ema_decays", { $0.training.emaDecays = [0.5, 1.5] }),
    ("training.ema_decays", { $0.training.emaDecays = [0.9999] }),
    ("training.posthoc_ema", { $0.training.posthocEMA = [0.05, 0.29] }),
    ("training.posthoc_ema", { $0.training.posthocEMA = [0] }),
    ("training.posthoc_ema", { $0.training.posthocEMA = [0.1, 0.05, 0.1] }),
    ("training.posthoc_ema_every", { $0.training.posthocEMAEvery = 0 }),
    ("validation.every", { $0.validation.every = 10 }),
    ("validation.fraction", { $0.validation.fraction = 1 }),
    (
      "validation.fraction",
      {
        $0.validation.fraction = 0.1
        $0.validation.path = "held-out"
      }
    ),
    ("validation.bins", { $0.validation.bins = 0 }),
    ("validation.weights", { $0.validation.weights = "average" }),
    ("training.ema_decay", { $0.training.emaDecay = 2 }),
    ("training.seed", { $0.training.seed = -1 }),
    ("training.max_steps", { $0.training.maxSteps = 0 }),
    ("training.sample_count", { $0.training.sampleCount = 100_000_000_000 }),
    ("training.scheduler.type", { $0.training.scheduler.type = "step" }),
    ("training.scheduler.decay_end_steps", { $0.training.scheduler.decayEndSteps = -5 }),
    ("sampler.mode", { $0.sampler.mode = "PDE" }),
    ("sampler.sampling_method", { $0.sampler.samplingMethod = "leapfrog" }),
    ("sampler.atol", { $0.sampler.atol = -1 }),
    ("sampler.rtol", { $0.sampler.rtol = .nan }),
    ("sampler.denoise_step", { $0.sampler.denoiseStep = 1 }),
    ("sampler.code", { $0.sampler.code = "edm" }),
    ("sampler.code", { $0.sampler.code = "dit" }),
    ("sampler.eta", { $0.sampler.eta = 0.5 }),
    ("training.proj_coeff", { $0.training.projCoeff = 0.5 }),
    ("training.encoder", { $0.training.encoder = "dinov2.pth" }),
    (
      "training.proj_coeff",
      {
        $0 = trainableREPA()
        $0.training.projCoeff = -0.5
      }
    ),
    (
      "training.encoder",
      {
        $0 = trainableREPA()
        $0.training.encoder = "dinov2.pth"
      }
    ),
    (
      "training.enc_type",
      {
        $0 = RunConfiguration(.repa)
        $0.training.encType = "dinov2-vit-b,mae-vit-l"
      }
    ),
    (
      "sampler.sampling_method",
      {
        $0 = trainableREPA()
        $0.sampler.samplingMethod = "rk4"
      }
    ),
    (
      "sampler.diffusion_form",
      {
        $0 = trainableREPA()
        $0.sampler.diffusionForm = "linear"
      }
    ),
    (
      "sampler.mode",
      {
        $0 = RunConfiguration(.dit)
        $0.sampler.mode = "ODE"
      }
    ),
    (
      "mixflow.gamma",
      {
        $0 = RunConfiguration(.dit)
        $0.mixflow.gamma = 0.4
      }
    ),
    ("sampler.quantize", { $0.sampler.quantize = "round" }),
    ("sampler.num_steps", { $0.sampler.numSteps = 1 }),
    ("guidance.t_min", { $0.guidance.tMin = 2 }),
    ("guidance.method", { $0.guidance.method = "pag" }),
    ("guidance.guide", { $0.guidance.guide = "a.safetensors" }),
    (
      "guidance.guide",
      {
        $0.guidance.method = "autoguidance"
        $0.guidance.scale = 2
      }
    ),
    ("guidance.channels", { $0.guidance.channels = 0 }),
    (
      "guidance.scale",
      {
        $0.guidance.scale = 2
        $0.model.classDropoutProb = 0
      }
    ),
  ]

  @Test(arguments: cases.indices)
  func namesTheKey(index: Int) {
    let (key, change) = Self.cases[index]
    var configuration = RunConfiguration()
    change(&configuration)
    let error = #expect(throws: ConfigurationError.self, "\(key)") { try configuration.validated() }
    #expect(error?.key == key, "\(error.map(String.init(describing:)) ?? "")")
  }

  @Test func acceptsTheDefaults() throws {
    #expect(try RunConfiguration().validated().stages.map(\.width) == [384])
  }
}

/// A configuration of REPA's model that a run can use.
private func trainableREPA() -> RunConfiguration {
  var configuration = RunConfiguration(.repa)
  configuration.training.projCoeff = 0
  return configuration
}

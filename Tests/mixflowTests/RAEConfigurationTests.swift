import MixFlowConfiguration
import MixFlowModels
import MixFlowTraining
import Testing

/// Files of RAE, read as they are.
@Suite struct RAEConfigurationTests {
  private func read(_ text: String, _ settings: String...) throws -> ConfigurationFile.Reading {
    try ConfigurationFile.read(text: text, source: "rae.yaml", settings: settings)
  }

  @Test func readsTheSamplingFile() throws {
    let reading = try read(RAEFile.sampling)
    let configuration = reading.configuration
    var model = ModelSection(.ditDH)
    model.ckpt = "xl/stage2_model.pt"
    #expect(configuration.model == model)
    #expect(try configuration.model.resolved().parameterCount == 838_675_796)
    #expect(configuration.transport.timeDistShift == 48.0.squareRoot())
    #expect(configuration.transport.timeDistType == "uniform")
    #expect(configuration.sampler.samplingMethod == "euler")
    #expect(configuration.sampler.numSteps == 50)
    #expect(configuration.sampler.atol == 1e-6)
    #expect(configuration.sampler.rtol == 1e-3)
    #expect(configuration.sampler.quantize == "rae")
    #expect(configuration.sampler.code == "rae")
    #expect(configuration.guidance.method == "autoguidance")
    #expect(configuration.guidance.guide == "s/stage2_model.pt")
    #expect(configuration.guidance.scale == 1.42)
    #expect(configuration.guidance.tMin == 0.25, "RAE's t-max 0.75, from the noise")
    #expect(configuration.guidance.tMax == 0.9)
    #expect(configuration.autoencoder.encoderInputSize == 224)
    #expect(
      configuration.autoencoder.files == [
        "hub/dinov2/model.safetensors", "decoder/model.pt", "stats/stat.pt",
      ])
    try configuration.validated()
    #expect(reading.notes.count == 1)
    #expect(
      reading.notes.first?.contains("not used here: stage_1.params.encoder_config_path") == true,
      "\(reading.notes)")
  }

  @Test func readsTheMainBranchsTraining() throws {
    let reading = try read(RAEFile.training)
    let configuration = reading.configuration
    try configuration.validated()
    let training = configuration.training
    let epoch = 1_281_167 / 1024
    #expect(training.maxSteps == 1400 * epoch)
    #expect(training.batchSize == 1024)
    #expect(training.gradAccumSteps == 2)
    #expect(training.emaDecay == 0.9995)
    #expect(training.clipGrad == 1)
    #expect(training.seed == 42)
    #expect(training.logEvery == 100)
    #expect(training.checkpointEvery == 10 * epoch)
    #expect(training.learningRate == 2e-4)
    #expect(training.betas == [0.9, 0.95])
    #expect(training.scheduler.type == "linear")
    #expect(training.scheduler.warmupSteps == 40 * epoch)
    #expect(training.scheduler.decayEndSteps == 800 * epoch)
    #expect(training.scheduler.finalLR == 2e-5)
    #expect(!training.scheduler.warmupFromZero)
    #expect(configuration.transport.lossWeight == "none")
    #expect(configuration.transport.timeDistType == "logit-normal_-0.5_1", "the time turns round")
    #expect(configuration.model.trainPosEmbed && configuration.model.trainFourier)
    #expect(configuration.guidance == GuidanceSection())
    let notes = reading.notes.joined(separator: "\n")
    for text in [
      "1251 steps of 1024, for 1281167 images (ImageNet's)", "gradients of all micro-batches",
      "training.num_workers", "training.sample_every", "eval.reference_npz_path",
    ] {
      #expect(notes.contains(text), "\(notes)")
    }
  }

  @Test func readsTheFlatTraining() throws {
    let reading = try read(RAEFile.flat, "data.images=50000", "mixflow.gamma=0.4")
    let configuration = reading.configuration
    try configuration.validated()
    let training = configuration.training
    #expect(training.maxSteps == 1400 * 48)
    #expect(training.checkpointEvery == 5000)
    #expect(training.gradAccumSteps == 4)
    #expect(training.clipGrad == nil)
    #expect(training.seed == 7)
    #expect(training.learningRate == 2e-4)
    #expect(training.scheduler.warmupFromZero)
    #expect(training.scheduler.warmupSteps == 40 * 48)
    #expect(training.scheduler.decayEndSteps == 800 * 48)
    #expect(!configuration.model.trainPosEmbed && !configuration.model.trainFourier)
    #expect(configuration.mixflow.gamma == 0.4)
    #expect(configuration.data.images == 50000)
  }

  @Test func takesOurSectionsBesideTheirs() throws {
    let text = RAEFile.flat + "mixflow: {gamma: 0.4}\ndata: {path: images, images: 2048}\n"
    let configuration = try read(text).configuration
    #expect(configuration.mixflow.gamma == 0.4)
    #expect(configuration.data.path == "images")
    #expect(configuration.training.maxSteps == 1400 * 2)
    let settings = try read(text, "training.max_steps=5", "data.images=1024").configuration
    #expect(settings.training.maxSteps == 5)
    #expect(settings.training.scheduler.warmupSteps == 40)
  }

  @Test func readsLightningDiT() throws {
    let target = "stage2.models.lightningDiT.LightningDiT"
    let configuration = try read(
      """
      stage_2:
        target: \(target)
        params: {input_size: 8, patch_size: [1, 1], in_channels: 4, hidden_size: 64, depth: 2,
          num_heads: 2, mlp_ratio: 2.0, num_classes: 10, use_qknorm: yes, learn_sigma: off}
      misc: {time_dist_shift_base: 16}
      """
    ).configuration
    #expect(configuration.model.type == "LightningDiT")
    #expect(configuration.model.hiddenSize == 64)
    #expect(configuration.model.mlpRatio == 2)
    #expect(configuration.model.useQKNorm && !configuration.model.learnSigma)
    #expect(configuration.transport.timeDistShift == 4, "of 8 * 8 * 4 numbers")
    #expect(configuration.sampler.samplingMethod == "dopri5", "upstream's default")
    try configuration.validated()
  }

  @Test func readsTheSDE() throws {
    let text = RAEFile.sampling.replacing(
      "mode: ODE\n  params: {sampling_method: 'euler', num_steps: 50, atol: 1e-6, rtol: '1e-3', reverse: False}",
      with: "mode: sde\n  params: {diffusion_form: sigma, last_step: Tweedie, last_step_size: 0.02}"
    )
    let sampler = try read(text).configuration.sampler
    #expect(sampler.mode == "SDE")
    #expect(sampler.samplingMethod == "Euler")
    #expect(sampler.numSteps == 250)
    #expect(sampler.lastStep == "Tweedie")
    #expect(sampler.lastStepSize == 0.02)
  }

  @Test func readsTheBatchOfAProcess() throws {
    let text = RAEFile.training.replacing("global_batch_size: 1024", with: "batch_size: 8")
    #expect(try read(text).configuration.training.batchSize == 16)
  }

  static let mistakes: [(String, String, String)] = [
    (
      "DDT.DiTwDDTHead\n", "DDT.DiT\n",
      "stage_2.target: unknown 'stage2.models.DDT.DiT'; known: stage2.models.DDT.DiTwDDTHead, "
        + "stage2.models.lightningDiT.LightningDiT"
    ),
    ("mlp_ratio: 4.0", "mlp_ratio: 3.5", "stage_2.params.mlp_ratio: 3.5 is not a whole number"),
    ("depth: [28, 2]", "depth: [28, 2, 1]", "stage_2.params.depth: has 3 numbers"),
    ("depth: [28, 2]", "depth: deep", "stage_2.params.depth: expected a number, found 'deep'"),
    ("use_rope: True", "use_rope: 1.5", "stage_2.params.use_rope: expected true or false"),
    ("use_rope: True", "use_ropes: True", "use_ropes: unknown key; did you mean 'use_rope'?"),
    ("num_workers: 4", "num_werkers: 4", "unknown key; did you mean 'num_workers'?"),
    ("wd: 0.0", "optim: x", "training.optim: unknown key"),
    ("path_type: 'Linear'", "path_type: 'VP'", "VP is inconsistent in RAE"),
    ("logit-normal_0.5_1", "logit-normal_x", "transport.params.time_dist_type: "),
    ("reverse: false", "reverse: true", "sampler.params.reverse: true crashes in RAE"),
    ("mode: ODE", "mode: DDIM", "sampler.mode: 'DDIM' is not ODE or SDE"),
    ("mode: ODE", "mode: SDE", "sampler.params.atol: unknown key"),
    ("method: 'cfg'", "method: 'pag'", "unknown 'pag'; known: cfg, autoguidance"),
    ("t_min: 0.0", "t-min: 0.1, t_min: 0.0", "guidance.t-min: is given twice, as t_min too"),
    ("t_max: 1.0", "t_max: -1.0", "guidance.t_max: -1.0 is below t_min 0.0"),
    (
      "encoder_input_size: 224", "encoder_input_size: 448",
      "stage_2.params.input_size: is 16, but stage_1.params.encoder_input_size 448 makes 32 x 32 "
        + "tokens of 14 pixels, as in upstream's training file for 512 pixels; set input_size: 32, "
        + "misc.latent_size: [768, 32, 32] and misc.time_dist_shift_dim: 786432"
    ),
    ("[768, 16, 16]", "[768, 32, 32]", "misc.latent_size: is [768, 32, 32], but stage_2.params"),
    ("  num_classes: 1000\n", "  num_classes: 10\n", "misc.num_classes: differs"),
    ("  num_classes: 1000\n", "  null_label: 7\n", "misc.null_label: must be 1000"),
    ("time_dist_shift_base: 4096", "time_dist_shift_base: 0", "shifts times by less than 1"),
    ("global_batch_size: 1024", "global_batch_size: 0", "is not in 1...1048576"),
    ("grad_accum_steps: 4", "grad_accum_steps: 0", "training.grad_accum_steps: 0 is not above 0"),
    ("epochs: 1400", "epochs: -1", "training.epochs: -1.0 epochs are not from 0"),
    ("epochs: 1400", "epochs: 1e300", "training.epochs: "),
    ("Dinov2withNorm", "SigLIP2wNorm", "'SigLIP2wNorm' is not here; known: Dinov2withNorm"),
    ("reshape_to_2d: True", "reshape_to_2d: False", "stage_1.params.reshape_to_2d: false"),
    ("'normalize': True", "'normalize': False", "stage_1.params.encoder_params.normalize: false"),
    ("target: stage1.RAE", "target: stage1.VAE", "stage_1.target: unknown 'stage1.VAE'"),
    ("misc:", "miscellany:", "miscellany: unknown key"),
    ("training:\n", "training: 3\nx:\n", "x: unknown key"),
  ]

  @Test(arguments: mistakes)
  func refuses(old: String, new: String, message: String) throws {
    let text = RAEFile.flat.replacing(old, with: new)
    try #require(text != RAEFile.flat)
    let error = #expect(throws: ConfigurationFileError.self) { try read(text) }
    #expect(error?.description.contains(message) == true, "\(error.map(\.description) ?? "")")
    #expect(error?.line != nil)
  }

  static let guides: [(String, String, String)] = [
    ("    ckpt: 's/stage2_model.pt'\n", "", "guidance.guidance_model.ckpt: is missing"),
    (
      "guidance_model:\n    target: stage2.models.DDT.DiTwDDTHead",
      "guidance_model:\n    target: stage2.models.lightningDiT.LightningDiT",
      "guidance.guidance_model.target: differs from stage_2.target"
    ),
    ("  guidance_model:\n", "  guide:\n", "guidance.guide: unknown key"),
    (
      "hidden_size: [384, 2048]", "hiden_size: [384, 2048]",
      "guidance.guidance_model.params.hiden_size: unknown key; did you mean 'hidden_size'?"
    ),
  ]

  @Test(arguments: guides)
  func refusesGuides(old: String, new: String, message: String) throws {
    let text = RAEFile.sampling.replacing(old, with: new)
    try #require(text != RAEFile.sampling)
    let error = #expect(throws: ConfigurationFileError.self) { try read(text) }
    #expect(error?.description.contains(message) == true, "\(error.map(\.description) ?? "")")
  }

  @Test func checksAGuideThatIsNotUsed() {
    let text = RAEFile.sampling.replacing("scale: 1.42", with: "scale: 1.0")
      .replacing("hidden_size: [384", with: "hiden_size: [384")
    #expect {
      try read(text)
    } throws: {
      "\($0)".contains("guidance.guidance_model.params.hiden_size: unknown key")
    }
  }

  @Test func namesTheLine() throws {
    let text = "stage_2:\n  target: stage2.models.DDT.DiTwDDTHead\n  params:\n    deepth: [1, 1]\n"
    #expect {
      try read(text)
    } throws: {
      "\($0)" == "rae.yaml:4: stage_2.params.deepth: unknown key; did you mean 'depth'?"
    }
  }

  @Test(arguments: [
    ("wo_shift: False", "wo_shift: True", "wo_shift: is true, where upstream crashes"),
    ("use_rope: True", "use_rope: False", "use_rope: is false, where upstream crashes"),
    ("patch_size: 1", "patch_size: 2", "patch_size: is 2, where upstream crashes"),
    ("num_heads: [16, 16]", "num_heads: [7, 16]", "num_heads: is 7, which does not divide"),
    (
      "class_dropout_prob: 0.1", "class_dropout_prob: 2", "class_dropout_prob: 2.0 is not in [0, 1]"
    ),
  ])
  func namesTheLineOfAModelsOption(old: String, new: String, message: String) throws {
    let text = RAEFile.flat.replacing(old, with: new)
    try #require(text != RAEFile.flat)
    let error = #expect(throws: ConfigurationFileError.self) { try read(text) }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let line = try #require(lines.firstIndex { $0.contains(new) }) + 1
    #expect(
      error?.description.hasPrefix("rae.yaml:\(line): stage_2.params.\(message)") == true,
      "\(error.map(\.description) ?? "")")
    // What an option says is not the file's.
    let key = old.prefix { $0 != ":" }
    #expect(throws: ConfigurationError.self) {
      try read(RAEFile.flat, "model.\(key)=\(new.drop { $0 != ":" }.dropFirst(2))")
    }
  }

  @Test func refusesAFileOfStage1() {
    #expect {
      try read(RAEFile.stage1)
    } throws: {
      "\($0)".contains("stage_2: is missing: the file has an autoencoder alone")
    }
  }

  @Test func refusesTwoRates() {
    let text = RAEFile.training.replacing("${training.optimizer.lr}", with: "1e-4")
    #expect {
      try read(text)
    } throws: {
      "\($0)".contains("training.scheduler.base_lr: differs from training.optimizer.lr")
    }
  }

  @Test func guidanceBelowOneIsNone() throws {
    let reading = try read(RAEFile.flat.replacing("scale: 1.0, t", with: "scale: 0.5, t"))
    #expect(reading.configuration.guidance.scale == 1)
    #expect(reading.notes.contains { $0.contains("guidance.scale 0.5 is below 1") })
  }
}

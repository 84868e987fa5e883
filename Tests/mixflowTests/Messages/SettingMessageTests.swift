import MixFlowConfiguration
import MixFlowModels
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// What is said of settings that cannot be; `Tests/Messages` has the words.
@Suite struct SettingMessageTests {
  /// Settings, joined by commas as they are the names of the cases.
  private static let settings = [
    "model.type=Unet", "model.class_dropout_prob=2", "model.use_swiglu=true",
    "model.depth=[1, 2]", "model.depth=[1, 2, 3]", "model.name=SiT-Z/2", "model.patch_size=3",
    "model.encoder_depth=2", "model.use_pos_embed=false", "data.max_bad_files=-1",
    "transport.path_type=x", "transport.prediction=x", "transport.loss_weight=x",
    "transport.train_eps=0.5", "transport.time_dist_shift=0.5", "transport.time_dist_type=x",
    "mixflow.target_time=x", "mixflow.range=x", "mixflow.gamma=2", "training.betas=[0.9]",
    "training.eps=0", "training.weight_decay=-1", "training.ema_decay=2",
    "training.ema_decays=[2]", "training.ema_decays=[0.5, 0.5]", "training.scheduler.type=x",
    "training.learning_rate=0", "training.scheduler.final_lr=-1",
    "training.scheduler.warmup_steps=-1", "training.scheduler.decay_end_steps=0",
    "training.batch_size=0", "training.grad_accum_steps=3",
    "training.activation_checkpointing=x", "training.proj_coeff=-1", "training.proj_coeff=1",
    "training.encoder=a.pt", "training.enc_type=x",
    "model.type=REPA|training.encoder=a.pt|model.learn_sigma=false|training.proj_coeff=0",
    "training.max_steps=0", "training.sample_count=20000", "training.seed=-1",
    "training.clip_grad=0", "training.optimizer_in_backward=true|training.clip_grad=1",
    "training.on_spike=x", "training.on_spike=skip|training.optimizer_in_backward=true",
    "training.spike_factor=1", "training.save_every_minutes=0", "training.freeze=['*']",
    "training.freeze=[zz]", "training.train_only=[a]|training.freeze=[b]",
    "training.learning_rates=[{pattern: '*', rate: -1}]",
    "training.learning_rates=[{pattern: '*', factor: -1}]",
    "training.learning_rates=[{pattern: a, factr: 1}]", "training.learning_rates=[{factor: 1}]",
    "training.learning_rates=[{pattern: a}]",
    "training.weight_decays=[{pattern: '*', decay: .nan}]", "validation.fraction=2",
    "validation.fraction=0.5|validation.path=a", "validation.every=5", "validation.weights=x",
    "training.posthoc_ema=[0.5]", "training.posthoc_ema=[0.1, 0.1]", "lora.rank=100000",
    "lora.rank=2|lora.alpha=-1", "lora.rank=2|lora.targets=[]",
    "lora.rank=2|training.freeze=[a]", "lora.rank=2|lora.targets=[zz]",
    "validation.path=a|validation.every=1|validation.bins=0", "distributed.wire=x",
    "distributed.bucket_mib=0", "sampler.code=x", "sampler.code=dit", "sampler.mode=x",
    "sampler.mode=DDIM", "sampler.sampling_method=x", "sampler.mode=SDE|sampler.last_step=x",
    "sampler.mode=SDE|sampler.sampling_method=heun3", "sampler.mode=SDE|sampler.diffusion_form=x",
    "sampler.mode=SDE|sampler.diffusion_norm=-1", "sampler.num_steps=1", "sampler.atol=0",
    "sampler.denoise_step=2", "sampler.eta=1", "sampler.quantize=x",
    "sampler.code=repa|sampler.sampling_method=heun3", "sampler.code=repa|sampler.mode=x",
    "sampler.code=repa|transport.path_type=VP", "sampler.code=repa|sampler.atol=1",
    "model.type=DiT|sampler.mode=ODE", "model.type=DiT|mixflow.gamma=0.5",
    "model.type=DiT|transport.path_type=GVP", "model.type=DiT|sampler.mode=DDIM|sampler.eta=2",
    "model.type=DiT|sampler.mode=DDPM|model.learn_sigma=false", "guidance.method=x",
    "guidance.scale=.inf", "guidance.scale=2|model.class_dropout_prob=0", "guidance.channels=0",
    "guidance.t_min=0.5|guidance.t_max=0.25", "guidance.guide=a.pt|guidance.scale=2",
    "guidance.method=autoguidance|guidance.scale=2", "autoencoder.scaling_factor=0",
    "autoencoder.shift_factor=.nan", "autoencoder.noise_tau=-1",
    "autoencoder.encoder_input_size=0", "training.betas=[0.9, 0.9, null]",
    "model.depth=[]", "data.path=[a]",
  ]

  @Test func settings() throws {
    let plain = RunConfiguration()
    try MessageTable("settings").expect(
      Self.settings.map { text in
        let settings = text.split(separator: "|").map(String.init)
        let said = message {
          let changed = try ConfigurationFile.change(plain, settings: settings)
          let sizes = try changed.validated()
          _ = try SelectionReport(changed, of: sizes)
        }
        return (name: text, text: said ?? "is taken")
      })
  }

  @Test func filesOfRAE() throws {
    func said(_ text: String) -> String {
      do {
        let reading = try ConfigurationFile.read(text: text, source: "rae.yaml", settings: [])
        return reading.notes.joined(separator: "\n")
      } catch {
        return "\(error)"
      }
    }
    typealias RAE = RAEConfigurationTests
    var found = [
      (name: "the file that samples", text: said(RAEFile.sampling)),
      (name: "the file that trains", text: said(RAEFile.training)),
      (name: "the flat file that trains", text: said(RAEFile.flat)),
      (name: "an autoencoder alone", text: said(RAEFile.stage1)),
    ]
    found += (RAE.mistakes + Self.furtherMistakes).map { old, new, _ in
      (
        name: "\(old) -> \(new)".replacing("\n", with: " "),
        text: said(change(RAEFile.flat, old, new))
      )
    }
    found += (RAE.guides + Self.samplingMistakes).map { old, new, _ in
      (
        name: "sampling: \(old) -> \(new)".replacing("\n", with: " "),
        text: said(change(RAEFile.sampling, old, new))
      )
    }
    found += Self.trainingMistakes.map { old, new in
      (name: "training: \(old) -> \(new)", text: said(change(RAEFile.training, old, new)))
    }
    try MessageTable("rae-files").expect(found)
  }

  private func change(_ text: String, _ old: String, _ new: String) -> String {
    let changed = text.replacing(old, with: new)
    #expect(changed != text, "'\(old)' is not in the file")
    return changed
  }

  private static let furtherMistakes: [(String, String, String)] = [
    ("scale: 1.0, t", "scale: 0.5, t", ""), ("'decoder/model.pt'", "'${misc.num_classes'", ""),
    ("'decoder/model.pt'", "'${oc.env:HOME}'", ""),
    ("num_classes: 1000\n", "num_classes: ${misc.num_classes}\n", ""),
    ("'decoder/model.pt'", "'a${misc.latent_size}'", ""),
    ("'decoder/model.pt'", "'${misc.nothing}'", ""),
    ("time_dist_shift_dim: 196608", "time_dist_shift_dim: 8192", ""),
    ("  target: stage2.models.DDT.DiTwDDTHead\n", "", ""),
    ("patch_size: 1,", "patch_size: [1, 2],", ""),
    ("  target: stage1.RAE\n", "  target: stage1.RAE\n  ckpt: rae.pt\n", ""),
    ("input_size: 16", "input_size: 17", ""),
    ("global_batch_size: 1024", "global_batch_size: 2000000", ""),
    ("grad_accum_steps: 4", "grad_accum_steps: 2000000", ""),
    ("training:\n", "data: {images: 9}\ntraining:\n", ""),
  ]

  private static let samplingMistakes: [(String, String, String)] = [
    ("mode: ODE", "mode: SDE", ""), ("  ckpt: 'xl/stage2_model.pt'\n", "  ckpt: 3\n", ""),
    (
      "mode: ODE\n  params: {sampling_method: 'euler', num_steps: 50, atol: 1e-6, rtol: '1e-3', reverse: False}",
      "mode: sde\n  params: {last_step: Tweedie}", ""
    ),
    ("guidance_model:\n", "guidance_models:\n", ""),
    ("  guidance_model:\n", "eval:\n", ""),
  ]

  private static let trainingMistakes = [
    ("optimizer: {lr: 2.0e-4", "optimizer: {type: lion, lr: 2.0e-4"),
    ("${training.optimizer.lr}", "1e-4"), ("global_batch_size: 1024", "global_batch_size: 2000000"),
    ("global_batch_size: 1024", "batch_size: 600000"),
  ]
}

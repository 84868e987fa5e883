/// Files of RAE's layout, in our words with upstream's keys.
enum RAEFile {
  static let stage1 = """
    stage_1:
      target: stage1.RAE
      params:
        encoder_cls: 'Dinov2withNorm'
        encoder_config_path: 'hub/dinov2'
        encoder_input_size: 224
        encoder_params: {'dinov2_path': 'hub/dinov2', 'normalize': True}
        decoder_config_path: 'configs/decoder/ViTXL'
        pretrained_decoder_path: 'decoder/model.pt'
        noise_tau: 0.
        reshape_to_2d: True
        normalization_stat_path: 'stats/stat.pt'

    """

  static func network(_ sizes: String, target: String = "stage2.models.DDT.DiTwDDTHead") -> String {
    """
    target: \(target)
    params: {input_size: 16, patch_size: 1, in_channels: 768, \(sizes), mlp_ratio: 4.0,
      class_dropout_prob: 0.1, num_classes: 1000, use_qknorm: False, use_swiglu: True,
      use_rope: True, use_rmsnorm: True, wo_shift: False, use_pos_embed: True}
    """
  }

  private static func indented(_ text: String, by spaces: Int) -> String {
    text.split(separator: "\n").map { String(repeating: " ", count: spaces) + $0 }
      .joined(separator: "\n")
  }

  static let misc = """
    misc:
      latent_size: [768, 16, 16]
      num_classes: 1000
      time_dist_shift_dim: 196608  # 16*16*768
      time_dist_shift_base: 4096

    """

  static let xl = "hidden_size: [1152, 2048], depth: [28, 2], num_heads: [16, 16]"

  /// The file that samples with autoguidance.
  static let sampling =
    stage1 + "stage_2:\n" + indented(network(xl), by: 2) + """

        ckpt: 'xl/stage2_model.pt'
      transport:
        params: {path_type: 'Linear', prediction: 'velocity', time_dist_type: 'uniform'}
      sampler:
        mode: ODE
        params: {sampling_method: 'euler', num_steps: 50, atol: 1e-6, rtol: '1e-3', reverse: False}
      guidance:
        method: 'autoguidance'
        scale: 1.42
        t-min: 0.1
        t-max: 0.75
        guidance_model:

      """
    + indented(network("hidden_size: [384, 2048], depth: [12, 2], num_heads: [6, 16]"), by: 4)
    + "\n    ckpt: 's/stage2_model.pt'\n" + misc

  private static let flow = """

    transport:
      params:
        path_type: 'Linear'
        prediction: 'velocity'
        loss_weight: null
        time_dist_type: 'logit-normal_0.5_1'
    sampler:
      mode: ODE
      params: {sampling_method: 'euler', num_steps: 50, atol: 1.0e-6, rtol: 1.0e-3, reverse: false}
    guidance: {method: 'cfg', scale: 1.0, t_min: 0.0, t_max: 1.0}

    """

  /// The main branch's training file.
  static let training =
    stage1 + "stage_2:\n" + indented(network(xl), by: 2) + flow + misc + """
      eval: {eval_interval: 25000, eval_model: true, data_path: 'val', reference_npz_path: 'x.npz'}
      training:
        epochs: 1400
        global_batch_size: 1024
        grad_accum_steps: 2
        ema_decay: 0.9995
        num_workers: 16
        log_interval: 100
        checkpoint_interval: 10
        sample_every: 10000
        clip_grad: 1.0
        global_seed: 42
        optimizer: {lr: 2.0e-4, betas: [0.9, 0.95], weight_decay: 0.0}
        scheduler:
          type: linear
          warmup_epochs: 40
          decay_end_epoch: 800
          base_lr: ${training.optimizer.lr}
          final_lr: 2.0e-5
          warmup_from_zero: false

      """

  /// The training file with flat keys, of the branch `deprecated-gpu`.
  static let flat =
    stage1 + "stage_2:\n" + indented(network(xl), by: 2) + flow + misc + """
      training:
        global_seed: 7
        epochs: 1400
        global_batch_size: 1024
        grad_accum_steps: 4
        ema_decay: 0.9995
        num_workers: 4
        log_every: 100
        ckpt_every: 5000
        sample_every: 10000
        base_lr: 0.0002
        final_lr: 0.00002
        beta: [0.9, 0.95]
        wd: 0.0
        schedule_type: 'linear'
        decay_start_epoch: 40
        decay_end_epoch: 800
        clip_grad: 0
        cfg_scale: 1.0

      """
}

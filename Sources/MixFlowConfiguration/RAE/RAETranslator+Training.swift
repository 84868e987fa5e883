extension RAETranslator {
  /// Keys that RAE's training loops read and this library's does without.
  private static let unusedKeys = [
    "num_workers", "sample_every", "cfg_scale", "precision", "compile", "wandb", "tf32",
    "image_size",
    "data_path", "results_dir",
  ]

  /// Reads either layout: the main branch's with `optimizer` and `scheduler`, or the flat keys of the
  /// branch `deprecated-gpu` and of the file for 512 pixels.
  mutating func translateTraining(_ section: RAESection, images: EpochImages) throws {
    let isNested = section["optimizer"] != nil || section["scheduler"] != nil
    let flat = [
      "base_lr", "final_lr", "beta", "wd", "schedule_type", "decay_start_epoch", "decay_end_epoch",
    ]
    try ignore(
      section.check(
        used: [
          "epochs", "global_batch_size", "batch_size", "grad_accum_steps", "ema_decay", "clip_grad",
          "global_seed", "log_every", "log_interval", "ckpt_every", "checkpoint_interval",
        ] + (isNested ? ["optimizer", "scheduler"] : flat), unused: Self.unusedKeys))
    let pieces = try section.whole("grad_accum_steps") ?? 1
    guard pieces > 0 else { throw section.error("grad_accum_steps", "\(pieces) is not above 0") }
    let batch = try batchSize(section, pieces: pieces, isNested: isNested)
    let steps = images.count / batch
    guard steps > 0 else {
      throw section.error(
        section["global_batch_size"] == nil ? "batch_size" : "global_batch_size",
        "\(batch) is above the \(images.count) images of an epoch")
    }
    if !section.keys.isEmpty {
      note(
        "an epoch is \(steps) steps of \(batch), for \(images.count) images"
          + (images.isGiven ? "" : " (ImageNet's); for other data set data.images"))
    }
    let epoch = Epoch(steps: steps)
    set("training.batch_size", batch)
    set("training.grad_accum_steps", pieces)
    set("training.max_steps", try epoch.steps(section, "epochs") ?? 1400 * steps)
    set("training.ema_decay", try section.number("ema_decay") ?? 0.9995)
    set("training.seed", try section.whole("global_seed") ?? 0)
    set(
      "training.log_every", try section.whole("log_every") ?? section.whole("log_interval") ?? 100)
    set(
      "training.checkpoint_every",
      try section.whole("ckpt_every") ?? epoch.steps(section, "checkpoint_interval") ?? 5000)
    let clip = try section.number("clip_grad") ?? 1
    if clip > 0 { set("training.clip_grad", clip) } else { clear("training.clip_grad") }
    if isNested {
      try translateNested(section, epoch)
    } else {
      try translateFlat(section, epoch)
    }
  }

  private func batchSize(_ section: RAESection, pieces: Int, isNested: Bool) throws -> Int {
    let whole = try section.whole("global_batch_size")
    let piece = try section.whole("batch_size")
    for (key, size) in [("global_batch_size", whole), ("batch_size", piece)] {
      guard let size, !(1...1_048_576 ~= size) else { continue }
      throw section.error(key, "\(size) is not in 1...1048576")
    }
    guard pieces <= 1_048_576 else {
      throw section.error("grad_accum_steps", "\(pieces) is above 1048576")
    }
    if let whole { return whole }
    // Without the size of a step, upstream's is of one process.
    return (piece ?? (isNested ? 16 : 1024 / pieces)) * pieces
  }

  /// The main branch: it trains the position table and the frequencies, too.
  private mutating func translateNested(_ section: RAESection, _ epoch: Epoch) throws {
    let optimizer = try section.section("optimizer")
    try ignore(
      optimizer.check(
        used: ["lr", "betas", "weight_decay", "eps", "type"], unused: ["fused", "foreach"]))
    let kind = try optimizer.text("type") ?? "adamw"
    guard kind.lowercased() == "adamw" else {
      throw optimizer.error("type", "'\(kind)' is not here; use adamw")
    }
    let scheduler = try section.section("scheduler")
    try ignore(
      scheduler.check(used: [
        "type", "warmup_epochs", "warmup_steps", "warmup_from_zero", "decay_end_epoch",
        "decay_end_steps", "base_lr", "final_lr",
      ]))
    let (rate, base) = (try optimizer.number("lr"), try scheduler.number("base_lr"))
    guard rate == nil || base == nil || rate == base else {
      throw scheduler.error("base_lr", "differs from \(optimizer.name("lr")); set both alike")
    }
    set("training.betas", try optimizer.numbers("betas") ?? [0.9, 0.95])
    set("training.weight_decay", try optimizer.number("weight_decay") ?? 0)
    set("training.eps", try optimizer.number("eps") ?? 1e-8)
    let warmup = try scheduler.whole("warmup_steps") ?? epoch.steps(scheduler, "warmup_epochs") ?? 0
    let end =
      try scheduler.whole("decay_end_steps") ?? epoch.steps(scheduler, "decay_end_epoch") ?? warmup
    setSchedule(
      type: try scheduler.text("type") ?? "linear", rate: rate ?? base ?? 2e-4,
      final: try scheduler.number("final_lr"), warmup: warmup, end: end)
    set("training.scheduler.warmup_from_zero", try scheduler.flag("warmup_from_zero") ?? false)
    set("model.train_pos_embed", true)
    set("model.train_fourier", true)
    if try section.whole("grad_accum_steps") ?? 1 > 1 {
      note(
        "RAE's main branch loses the gradients of all micro-batches but the last; here "
          + "grad_accum_steps sums them")
    }
  }

  /// The flat keys: the rate climbs until the decay starts, and positions stay as they are.
  private mutating func translateFlat(_ section: RAESection, _ epoch: Epoch) throws {
    set("training.betas", try section.numbers("beta") ?? [0.9, 0.95])
    set("training.weight_decay", try section.number("wd") ?? 0)
    let warmup = try epoch.steps(section, "decay_start_epoch") ?? 0
    setSchedule(
      type: try section.text("schedule_type") ?? "linear",
      rate: try section.number("base_lr") ?? 2e-4, final: try section.number("final_lr"),
      warmup: warmup, end: try epoch.steps(section, "decay_end_epoch") ?? warmup)
    set("training.scheduler.warmup_from_zero", true)
  }

  private mutating func setSchedule(
    type: String, rate: Double, final: Double?, warmup: Int, end: Int
  ) {
    set("training.learning_rate", rate)
    set("training.scheduler.type", type.lowercased())
    set("training.scheduler.warmup_steps", warmup)
    set("training.scheduler.decay_end_steps", max(end, warmup, 1))
    set("training.scheduler.final_lr", final ?? rate)
  }

  /// The length of an epoch.
  private struct Epoch {
    let steps: Int

    /// The steps of the epochs that a key holds, rounded down as upstream does.
    func steps(_ section: RAESection, _ key: String) throws -> Int? {
      guard let epochs = try section.number(key) else { return nil }
      guard epochs >= 0, let steps = Int(exactly: (epochs * Double(steps)).rounded(.down)),
        steps <= 1_000_000_000
      else {
        throw section.error(key, "\(epochs) epochs are not from 0 to 1000000000 steps")
      }
      return steps
    }
  }
}

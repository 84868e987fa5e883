import ArgumentParser
import Foundation
import MixFlowCheckpoint
import MixFlowConfiguration
import MixFlowTensor
import MixFlowTraining

/// `mixflow train`.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model, or post-train one with MixFlow.",
    discussion: """
      A configuration file says what to do; its keys are listed with their meaning and defaults in \
      configs/reference.yaml. The run's folder receives checkpoints/, samples/, metrics.jsonl and \
      the resolved configuration.

      Train from nothing:
        mixflow train --config configs/fashion-base.yaml --results-dir runs/base
      Post-train a checkpoint (its EMA weights, a fresh optimizer):
        mixflow train --config configs/fashion-mixflow.yaml \\
          --init-from base.safetensors --results-dir runs/post
      Fine-tune the attention alone, on other classes than the checkpoint's (docs/FINETUNING.md):
        mixflow train --config mine.yaml --init-from base.safetensors --results-dir runs/tuned \\
          --set 'training.train_only=["blocks.*.attn.*", "y_embedder.*"]' \\
          --init-allow-missing 'y_embedder.*'
      Go on with an interrupted run, bit for bit as if it had not stopped:
        mixflow train --resume runs/post
      Train as a file of RAE says, on images of your own:
        mixflow train --config DiTDH-XL_DINOv2-B.yaml --results-dir runs/rae \\
          --set data.path=images

      Share each step among processes, on one machine or many, with the same global batch:
        mpirun -np 4 mixflow train --config configs/fashion-base.yaml \\
          --results-dir runs/base

      Train REPA's model aligned to DINOv2, on the folder of REPA's preprocessing:
        mixflow train --config configs/repa-xl-2-256-mixflow.yaml \\
          --results-dir runs/repa --set data.path=FOLDER --set training.proj_coeff=0.5 \\
          --set training.encoder=dinov2_vitb14_pretrain.pth

      See where the time of a step goes:
        mixflow train --config configs/fashion-base.yaml --results-dir runs/try \\
          --max-steps 4 --profile

      Ctrl-C (or SIGTERM) saves a checkpoint after the current step and stops with exit code 130; the \
      second one stops at once. SIGUSR1 does the same with exit code 75 (EX_TEMPFAIL), which tells a \
      batch system to start the run again. training.save_every_minutes saves by the clock, \
      training.on_spike says what is done about a step whose loss is NaN or far too high; see \
      docs/TRAINING.md.
      """)

  @Option(name: .long, help: "The configuration file (YAML).")
  var config: String?

  @Option(name: .long, help: "The folder of a new run.")
  var resultsDir: String?

  @Option(
    name: .long, help: "The checkpoint whose weights a new run starts from; wins over model.ckpt.")
  var initFrom: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Which weights of it to take: auto (EMA if there; the default), ema, ema:DECAY, posthoc:WIDTH "
        + "or raw."))
  var initWeights: WeightsChoice?

  @OptionGroup var warmStart: WarmStartOptions

  @Option(name: .long, help: "The folder of a run to go on with, from its newest checkpoint.")
  var resume: String?

  @OptionGroup var overrides: TrainingOverrides

  @Flag(name: .long, help: "Print the resolved configuration, sizes and estimates; do nothing.")
  var dryRun = false

  @Flag(name: .long, help: "Print at the end where the time of a step goes, the first left out.")
  var profile = false

  @OptionGroup var common: CommonOptions

  /// Checks options against each other; in `validate()` this would hide a misspelt option, which
  /// ArgumentParser reports only after it.
  private func checkOptions() throws {
    guard resume != nil || config != nil else {
      throw ValidationError("Give '--config FILE' for a new run, or '--resume DIR' to go on.")
    }
    guard resume == nil || (config == nil && initFrom == nil && resultsDir == nil) else {
      throw ValidationError(
        "'--resume' goes on with the run's own configuration, weights and folder; leave out "
          + "'--config', '--init-from' and '--results-dir' (change keys with '--set').")
    }
    guard initWeights == nil || initFrom != nil || config != nil else {
      throw ValidationError("'--init-weights' needs '--init-from FILE'.")
    }
    guard resume == nil || warmStart.isEmpty else {
      throw ValidationError(
        "'--resume' takes all of a run; '--load' and '--init-allow-…' are for '--init-from'.")
    }
    for (name, path) in [("results-dir", resultsDir), ("resume", resume)] where path == "" {
      throw ValidationError("'--\(name)' is empty; name a folder.")
    }
    try overrides.check()
    guard resume != nil || dryRun || resultsDir != nil else {
      throw ValidationError("Give '--results-dir DIR', the folder of the new run.")
    }
  }

  func run() throws {
    try checkOptions()
    common.apply()
    guard !dryRun else {
      let launch = Processes.takeShare(common)
      // One of several processes speaks for all.
      guard launch?.rank ?? 0 == 0 else { return }
      return try overrides.origins.naming {
        let reading = try reading()
        try DryRun(
          reading.configuration, processes: launch?.size ?? 1, notes: reading.notes
        ).print()
      }
    }
    let group = try Processes.join(common)
    let isLeader = group?.isLeader ?? true
    let console = Console(isQuiet: common.quiet || !isLeader)
    let run = try overrides.origins.naming { try makeRun(console, group) }
    if isLeader { try createRunFolder(run) }
    if let group {
      let threads = counted(Parallelism.threads, "thread")
      console.say("\(counted(group.size, "process", plural: "processes")), \(threads) in each")
    }
    console.say("\(run.folder): \(Description.model(run.trainer)), from step \(run.trainer.step)")
    if !run.reinitialised.isEmpty {
      console.say("drawn afresh: \(run.reinitialised.joined(separator: ", "))")
    }
    for warning in Description.warnings(run.configuration) { console.say("note: \(warning)") }
    let interrupts = Interrupts()
    let profiler = profile ? Profiler(warmUps: 1) : nil
    let outcome = try run.run(
      profiler: profiler, shouldStop: { interrupts.wereReceived },
      shouldRequeue: { interrupts.askForRequeue }, report: console.show)
    if let profile = profiler?.profile, isLeader {
      let report = ProfileReport(profile, per: profile.rounds, "step", note: " after the first")
      try StandardStream.print(report.text)
    }
    switch outcome {
    case .finished: console.say("finished \(run.configuration.training.maxSteps) steps")
    case .stopped(let step):
      console.say("stopped after step \(step); go on with: mixflow train --resume \(run.folder)")
      throw ExitCode(130)
    case .requeued(let step):
      console.say(
        "saved after step \(step) to be started again: mixflow train --resume \(run.folder)")
      throw ExitCode(EX_TEMPFAIL)
    }
  }

  private func makeRun(_ console: Console, _ group: ProcessGroup?) throws -> TrainingRun {
    if let resume {
      return try TrainingRun(
        resuming: resume, group: group,
        change: { try ConfigurationFile.change($0, settings: overrides.settings) },
        onDamage: { error in
          // Even of a quiet run, as it is a warning; every process finds the same.
          guard group?.isLeader ?? true else { return }
          StandardStream.log("warning: \(error); going on from the checkpoint before it\n")
        })
    }
    let reading = try reading()
    for note in reading.notes { console.say("note: \(note)") }
    let source = initFrom ?? reading.configuration.model.ckpt
    guard source != nil || initWeights == nil else {
      throw ValidationError("'--init-weights' needs '--init-from FILE', or model.ckpt.")
    }
    guard source != nil || warmStart.isEmpty else {
      throw ValidationError(
        "'--load' and '--init-allow-…' need '--init-from FILE', or model.ckpt.")
    }
    let options = try warmStart.options()
    return try TrainingRun(
      reading.configuration, in: resultsDir ?? "",
      from: source.map { .weights(of: $0, initWeights ?? .auto, options) } ?? .fresh,
      group: group)
  }

  private func reading() throws -> ConfigurationFile.Reading {
    if let resume {
      let folder = CheckpointFolder(of: resume)
      let checkpoint = try folder.newestIntact { _, _ in }
      let configuration = try ConfigurationFile.change(
        checkpoint.configuration, settings: overrides.settings)
      try configuration.checkResume(of: checkpoint.configuration, at: checkpoint.step)
      return ConfigurationFile.Reading(configuration: configuration, notes: [])
    }
    return try ConfigurationFile.read(path: config ?? "", settings: overrides.settings)
  }

  private func createRunFolder(_ run: TrainingRun) throws {
    try AtomicFile.write(
      try ConfigurationFile.yaml(run.configuration), to: run.folder + "/config.yaml")
  }
}

/// Short names for the settings that are changed most often.
struct TrainingOverrides: ParsableArguments {
  @Option(name: .long, help: "training.max_steps")
  var maxSteps: Int?

  @Option(name: .long, help: "training.checkpoint_every")
  var checkpointEvery: Int?

  @Option(name: .long, help: "training.seed")
  var seed: Int?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set any key, such as mixflow.gamma=0.8.", valueName: "key=value"))
  var assignments: [String] = []

  /// Refuses a key that is set twice, by a short name and by `--set`.
  ///
  /// - Throws: `ValidationError`.
  func check() throws {
    let keys = Set(shortSettings.map(Self.key))
    if let twice = assignments.first(where: { keys.contains(Self.key($0)) }) {
      throw ValidationError("'--set \(twice)' and a short option set one key; give one of them.")
    }
  }

  private static func key(_ setting: String) -> Substring { setting.prefix { $0 != "=" } }

  /// The keys that the options set.
  var origins: SettingOrigins {
    var origins = SettingOrigins(assignments: assignments)
    origins.note("--max-steps", maxSteps, sets: "training.max_steps")
    origins.note("--checkpoint-every", checkpointEvery, sets: "training.checkpoint_every")
    origins.note("--seed", seed, sets: "training.seed")
    return origins
  }

  /// All of them as `key=value`.
  var settings: [String] { assignments + shortSettings }

  /// What the short names set.
  private var shortSettings: [String] {
    [
      maxSteps.map { "training.max_steps=\($0)" },
      checkpointEvery.map { "training.checkpoint_every=\($0)" },
      seed.map { "training.seed=\($0)" },
    ].compactMap { $0 }
  }
}

extension WeightsChoice: ExpressibleByArgument {}

import ArgumentParser
import MixFlowTensor
import MixFlowTraining

/// `mixflow sample`.
struct Sample: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw images from a checkpoint.",
    discussion: """
      Writes one PNG file for each image, a grid, and samples.npz for the ADM evaluation suite \
      (arr_0, uint8, NHWC). Image 17 of a seed is the same whatever the batch size, the number of \
      threads or the range of images asked for; with dopri5, whose steps follow the whole batch, for \
      one batch size and a range that begins at a multiple of it.

      A folder that already holds images is refused, so that no two runs are mixed. With '--first' \
      images of other indices are added to it, and the grid and the archive are of them all; \
      '--overwrite' removes the old ones, or with '--first' those of the same indices alone. \
      '--resume' draws what an interrupted run left out, with the same options: samples.json in the \
      folder has them all, and what differs is refused. More images are drawn by a larger '--num'.

      Any file that 'mixflow' wrote, a training checkpoint or the weights alone, brings its own path, \
      prediction and sampler settings; options and '--set sampler.…' change them, and a line tells \
      what is in use. Solvers of the ODE are euler, heun (or heun2), midpoint, heun3, \
      rk4 and dopri5; those of the SDE are sde (or euler-maruyama) and sde-heun. \
      REPA's models are sampled by REPA's euler, heun and sde, a DiT by ddpm or ddim; \
      '--set sampler.code=…' chooses the sampler of another code base.

        mixflow sample --ckpt runs/post/checkpoints/0000600.safetensors --num 64 \\
          --cfg-scale 1.5 --steps 10 --out samples

      With '--config' the file says what the network is and how it is sampled, and its model.ckpt \
      is the checkpoint where '--ckpt' names none. Files of RAE are read as they are:

        mixflow sample --config configs/stage2/sampling/ImageNet256/DiTDHXL-DINOv2-B_AG.yaml \\
          --out samples

      A model of latents needs its autoencoder, which turns them into images: '--autoencoder', once \
      for each file, or the section autoencoder of the configuration. '--latents' writes them as they \
      are instead, to latents.safetensors.

        mixflow sample --ckpt SiT-XL-2-256x256.pt --autoencoder sd-vae-ft-ema.safetensors \\
          --cfg-scale 4 --steps 250 --out samples

      Several processes take turns with batches, and give the same images as one:

        mpirun -np 4 mixflow sample --ckpt post.safetensors --num 50000 --out samples

      With '--profile' it prints at the end where the time of a network evaluation goes.
      """)

  @OptionGroup var model: CheckpointOptions
  @OptionGroup var selection: SampleSelection
  @OptionGroup var sampler: SamplerOptions
  @OptionGroup var output: SampleOutput

  @Flag(name: .long, help: "Print at the end where the time of a network evaluation goes.")
  var profile = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let group = try Processes.join(common)
    let isLeader = group?.isLeader ?? true
    let console = Console(isQuiet: common.quiet || !isLeader)
    guard group == nil || !output.latents else {
      throw ValidationError("'--latents' writes one file; start one process.")
    }
    let policy = output.policy(isPart: selection.first != nil)
    try output.latents
      ? LatentSamples.check(folder: output.out, replaces: output.overwrite)
      : SampleFolder.check(selection.range, in: output.out, policy: policy)
    if let npz = output.npz {
      let inputs = [model.ckpt, model.config, sampler.guide].compactMap { $0 } + output.autoencoder
      try OutputFile.check(npz, inputs: inputs, overwrites: true)
    }
    let plan = try SamplePlan(
      model, sampler, selection, autoencoder: output.autoencoder, console)
    let profiler = profile ? Profiler() : nil
    if output.latents {
      try LatentSampling(plan: plan, output: output, console: console).run(profiler)
    } else {
      try ImageSampling(plan: plan, output: output, policy: policy, console: console, group: group)
        .run(profiler)
    }
    if let profile = profiler?.profile, isLeader {
      let passes = profile.costs[Profile.Key(.forward, .betweenOperations)]?.calls ?? 0
      try StandardStream.print(ProfileReport(profile, per: passes, "network evaluation").text)
    }
  }
}

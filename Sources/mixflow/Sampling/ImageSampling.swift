import MixFlowImage
import MixFlowTensor
import MixFlowTraining

/// Draws samples as pictures of a folder, with its record, its grid and its archive.
struct ImageSampling {
  let plan: SamplePlan
  let output: SampleOutput
  let policy: SampleFolder.Policy
  let console: Console
  /// The processes that take turns with batches; nil for one alone.
  let group: ProcessGroup?

  private var isLeader: Bool { group?.isLeader ?? true }

  func run(_ profiler: Profiler?) throws {
    let (decoder, warning) = try makeDecoder()
    if let warning { console.say("warning: \(warning)") }
    console.say(plan.summary)
    let record = try plan.record()
    if policy == .resume { try SampleFolder.checkResume(of: output.out, with: record) }
    let folder = try SampleFolder(
      output.out, rule: try plan.configuration.sampler.quantization())
    let old = SampleFolder.indices(in: output.out)
    let batches = SampleFolder.batches(
      of: plan.selection.range, size: plan.selection.batchSize,
      without: policy == .resume ? old : [], whole: plan.dependsOnBatches)
    let count = batches.reduce(0) { $0 + $1.count }
    try folder.check(
      adding: count, to: policy == .replace ? [] : old, columns: output.columns,
      width: decoder.width, height: decoder.height)
    let lock = try isLeader ? SampleFolder.lock(output.out) : nil
    defer { withExtendedLifetime(lock) {} }
    // Another program may have written here since the options were checked.
    if isLeader { try SampleFolder.check(plan.selection.range, in: output.out, policy: policy) }
    // All have read the folder before it changes, and it is ready before they write.
    try group?.barrier()
    if isLeader { try prepare(folder, record, isEmpty: old.isEmpty) }
    try group?.barrier()
    try plan.draw(share(of: batches), profiler, isQuiet: console.isQuiet) { samples, first in
      for (place, image) in decoder.images(of: samples).enumerated() {
        try folder.write(image, at: first + place)
      }
    }
    try group?.barrier()
    if isLeader { try finish(folder, count) }
  }

  /// The batches of this process.
  private func share(of batches: [Range<Int>]) -> [Range<Int>] {
    guard let group else { return batches }
    return stride(from: group.rank, to: batches.count, by: group.size).map { batches[$0] }
  }

  /// Makes the folder's record that of what it will hold, before anything is written to it.
  private func prepare(_ folder: SampleFolder, _ record: SampleRecord, isEmpty: Bool) throws {
    if policy == .replace { try folder.removeAll() }
    guard !isEmpty, policy == .extend || policy == .rewrite else {
      return try record.write(to: folder.path)
    }
    let difference = try SampleRecord.read(in: folder.path).map(record.difference)
    guard case let difference?? = difference else { return }
    try SampleRecord.remove(from: folder.path)
    console.say(
      "note: \(folder.path) holds samples of other options (\(difference)); '--resume' will not go "
        + "on with it")
  }

  private func finish(_ folder: SampleFolder, _ count: Int) throws {
    let all = SampleFolder.indices(in: output.out)
    try folder.writeGrid(of: all, columns: output.columns)
    try folder.writeArchive(of: all, to: output.npz)
    console.say(
      "\(output.out): \(counted(count, "image"))"
        + (all.count > count ? ", \(all.count) with older ones" : "")
        + ", grid.png and \(output.npz ?? "samples.npz")")
  }

  private func makeDecoder() throws -> (decoder: SampleDecoder, warning: String?) {
    let configuration = plan.configuration
    do {
      return try configuration.sampleDecoder(
        for: plan.checkpoint.model.sampleShape, origin: plan.checkpoint.latentOrigin,
        file: plan.file)
    } catch let error as ConfigurationError where configuration.autoencoder.files.isEmpty {
      throw ConfigurationError(
        key: error.key,
        problem: error.problem + " with '--autoencoder', or write latents with '--latents'")
    }
  }
}

/// Draws samples as latents, one file of them all.
struct LatentSampling {
  let plan: SamplePlan
  let output: SampleOutput
  let console: Console

  func run(_ profiler: Profiler?) throws {
    try createFolder(output.out, option: "--out")
    console.say(plan.summary)
    let path = LatentSamples.path(in: output.out)
    let selection = plan.selection
    var file = try LatentSamples.stream(
      to: path, shape: plan.checkpoint.model.sampleShape, labels: plan.labels)
    let batches = SampleFolder.batches(of: selection.range, size: selection.batchSize)
    try plan.draw(batches, profiler, isQuiet: console.isQuiet) { latents, _ in
      try file.write(latents)
    }
    try file.commit()
    console.say("\(path): \(counted(selection.num, "latent"))")
  }
}

import ArgumentParser
import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTraining

/// `mixflow latents`.
struct Latents: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Encode a folder of pictures once, so that a model of latents trains on the file.",
    discussion: """
      The folder holds one sub-folder of PNG or JPEG files for each class. Pictures of other sizes than \
      '--size' are scaled and the square in their middle is cut, as the official programs do it. The \
      file is read in place, so that it may be larger than the memory; name it as data.path.

      Of Stable Diffusion's autoencoder the file holds means and standard deviations, from which \
      training draws; of RAE the normalised latents. It records scale, shift and the autoencoder, \
      which sampling checks.

        mixflow latents photos --size 256 --autoencoder sd-vae-ft-ema.safetensors \\
          --output photos.safetensors

      '--shard-size' spreads them over several files in a folder, which is named as data.path then:

        mixflow latents photos --size 256 --autoencoder sd-vae-ft-ema.safetensors \\
          --output photos-latents --shard-size 4

      A folder that REPA's preprocessing made (vae-sd/dataset.json and .npy files) is packed as it is; \
      name the autoencoder that it was made with.

      '--encoder' adds the features that DINOv2 has of the pictures, to which training aligns a model \
      of REPA's (training.proj_coeff); the file is one of torch.hub or transformers:

        mixflow latents photos --size 256 --autoencoder sd-vae-ft-mse.safetensors \\
          --encoder dinov2_vitb14_pretrain.pth --output photos.safetensors

      '--statistics' instead estimates what RAE normalises latents by: running means and biased \
      variances over batches, momentum 0.1.

        mixflow latents photos --size 256 --autoencoder dinov2.safetensors \\
          --autoencoder decoder.pt --statistics stat.pt
      """)

  @Argument(help: "A folder with one sub-folder of PNG or JPEG files for each class.")
  var images: String

  @OptionGroup var options: AutoencoderOptions

  @Option(
    name: .shortAndLong,
    help: "The safetensors file to write, or with '--shard-size' the new folder of such files.")
  var output: String?

  @Option(name: .long, help: "Write the statistics of latents to this file (.safetensors or .pt).")
  var statistics: String?

  @Option(name: .long, help: "The side of the pictures; by default they stay as they are.")
  var size: Int?

  @Option(name: .long, help: "train or test, where the folder has both.")
  var split = DataSplit.train

  @Option(name: .long, help: "Write files of at most so many GiB, and a list of them, to a folder.")
  var shardSize: Double?

  @Flag(name: .long, help: "Store the latents of mirrored pictures too, for data.flip.")
  var flip = false

  @Option(name: .long, help: "The file of DINOv2 whose features are stored too, as float16.")
  var encoder: String?

  @Option(
    name: .long,
    help: "The tokens on a side of the model to be aligned; by default of patches of 2x2 latents.")
  var featureGrid: Int?

  @Option(name: .long, help: "The pictures of a batch of '--statistics'.")
  var batchSize = 256

  @Flag(name: .long, help: "Replace a file that is there already.")
  var overwrite = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (output == nil) != (statistics == nil) else {
      throw ValidationError("Give '--output FILE' for latents, or '--statistics FILE'.")
    }
    guard 1...65_536 ~= size ?? 1 else {
      throw ValidationError("'--size' must be from 1 to 65536, got \(size ?? 0).")
    }
    guard 1...1_048_576 ~= batchSize else {
      throw ValidationError("'--batch-size' must be from 1 to 1048576, got \(batchSize).")
    }
    guard encoder == nil || output != nil else {
      throw ValidationError("'--encoder' needs '--output FILE'.")
    }
    guard featureGrid == nil || encoder != nil else {
      throw ValidationError("'--feature-grid' needs '--encoder FILE'.")
    }
    guard 1...4096 ~= featureGrid ?? 1 else {
      throw ValidationError("'--feature-grid' must be from 1 to 4096, got \(featureGrid ?? 0).")
    }
    if let shardSize {
      guard output != nil else {
        throw ValidationError("'--shard-size' needs '--output FOLDER'.")
      }
      guard shardSize > 0, shardSize <= 1_048_576 else {
        throw ValidationError(
          "'--shard-size' must be above 0 and at most 1048576 GiB, got \(shardSize).")
      }
    }
    for path in [shardSize == nil ? output : nil, statistics].compactMap({ $0 }) {
      let formats: [ExportFormat] = path == output ? [.safeTensors] : [.safeTensors, .torch]
      guard ExportFormat(path: path).map(formats.contains) ?? false else {
        let endings = formats.flatMap(\.endings).joined(separator: ", ")
        throw ValidationError("'\(path)' must end in \(endings).")
      }
    }
  }

  func run() throws {
    common.apply()
    if shardSize == nil, let file = output ?? statistics {
      let inputs = options.autoencoder + [encoder, options.config].compactMap { $0 }
      try OutputFile.check(file, inputs: inputs, overwrites: overwrite)
    }
    if let output, let latents = try REPALatents(folder: images) {
      guard shardSize == nil else {
        throw ValidationError(
          "'--shard-size' is for pictures that are encoded; \(images) holds latents already, which become "
            + "one file: leave it out, and name a .safetensors file by '--output'.")
      }
      try pack(latents, to: output)
      return
    }
    let folder = try ImageFolder(contentsOf: images, split: split)
    let cache = LatentCache(folder, checkpoint: try options.load(), size: size)
    let features = try featureMaker()
    var progress = ProgressLine(
      total: folder.files.count * (features == nil ? 1 : 2), unit: "pictures",
      isQuiet: common.quiet)
    if let output, let shardSize {
      try checkNew(output)
      let count = try cache.write(
        shardsTo: output, shardBytes: Int(shardSize * 0x1p30), mirrored: flip, features: features
      ) { progress.advance(by: 1) }
      Console(isQuiet: common.quiet).say("\(output): \(count) files")
    } else if let output {
      try cache.write(to: output, mirrored: flip, features: features) { progress.advance(by: 1) }
    } else if let statistics {
      let found = try cache.statistics(batchSize: batchSize) { progress.advance(by: 1) }
      try found.write(to: statistics)
    }
    say(
      counted(folder.files.count, "picture") + ", "
        + counted(folder.classNames.count, "class", plural: "classes"))
  }

  /// Refuses a folder that holds something, which would be mixed with the new files.
  private func checkNew(_ folder: String) throws {
    guard FileManager.default.fileExists(atPath: folder) else { return }
    guard (try? FileManager.default.contentsOfDirectory(atPath: folder))?.isEmpty ?? false else {
      throw DataError.invalid(
        file: folder, reason: "exists and is not an empty folder", mend: "choose another")
    }
  }

  /// Makes one file of what REPA's preprocessing wrote.
  private func pack(_ latents: REPALatents, to path: String) throws {
    guard size == nil, !flip else {
      throw ValidationError("'--size' and '--flip' are for pictures; \(images) holds latents.")
    }
    let features = try featureMaker()
    var progress = ProgressLine(
      total: latents.files.count * (features == nil ? 1 : 2), unit: "latents",
      isQuiet: common.quiet)
    try latents.write(to: path, origin: try options.load().origin, features: features) {
      progress.advance(by: 1)
    }
    say(counted(latents.files.count, "latent"))
  }

  private func featureMaker() throws -> FeatureMaker? {
    try encoder.map { FeatureMaker(try EncoderCheckpoint(contentsOf: $0), grid: featureGrid) }
  }

  private func say(_ count: String) {
    Console(isQuiet: common.quiet).say("\(output ?? statistics ?? ""): \(count)")
  }
}

extension LatentStatistics {
  /// Writes `mean` and `var`, as RAE's `stat.pt` holds them.
  fileprivate func write(to path: String) throws {
    let tensors = [(name: "mean", value: StoredTensor.float32(mean)), ("var", .float32(variance))]
    switch ExportFormat(path: path) {
    case .torch: try TorchWriter.write(.stateDict(tensors), to: path)
    default: try SafeTensorsWriter.write(tensors, to: path)
    }
  }
}

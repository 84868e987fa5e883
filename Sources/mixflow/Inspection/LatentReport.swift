import MixFlowCheckpoint
import MixFlowTraining

/// What a file of cached latents, which `mixflow latents` writes, holds.
struct LatentReport: Encodable {
  /// One class.
  struct ClassCount: Encodable {
    let name: String
    let images: Int
  }

  /// The pictures, mirrored ones not counted.
  let images: Int
  /// The shape `[C, h, w]` of a latent as a model sees it.
  let shape: [Int]
  /// Whether latents are drawn from stored means and deviations (SD-VAE) or stored as they are (RAE).
  let kind: LatentDescription.Kind
  /// Whether mirrored pictures were encoded too.
  let mirrored: Bool
  let origin: LatentOrigin
  let fingerprint: String
  let classes: [ClassCount]

  /// Opens a file, or a folder of files, and checks labels and shapes.
  ///
  /// - Parameter path: What `mixflow latents` wrote.
  /// - Throws: `DataError` or `CheckpointError` for a file that is malformed or of another kind.
  init(contentsOf path: String) throws {
    if let shards = try LatentShards(folder: path) {
      self.init(shards, like: shards.shards[0])
    } else {
      let latents = try LatentDataset(contentsOf: path)
      self.init(latents, like: latents)
    }
  }

  private init(_ latents: any DataSource, like file: LatentDataset) {
    var counts = [Int](repeating: 0, count: latents.classCount)
    for index in 0..<latents.count { counts[latents.label(at: index)] += 1 }
    images = latents.count
    shape = [latents.channels, latents.height, latents.width]
    kind = file.description.kind
    mirrored = file.description.hasMirrored
    origin = file.description.origin
    fingerprint = String(latents.fingerprint, radix: 16)
    classes = zip(file.description.classNames, counts).map { ClassCount(name: $0, images: $1) }
  }

  /// What it holds and where that comes from, in two lines.
  var summary: [String] {
    let stored =
      kind == .moments ? "means and deviations, drawn from at each visit" : "latents as they are"
    return [
      "\(images) pictures\(mirrored ? " and their mirror images" : ""), "
        + "\(shape.map(String.init).joined(separator: "x")) (\(stored)), \(classes.count) classes, "
        + "fingerprint \(fingerprint)",
      "scale \(origin.scale), shift \(origin.shift), "
        + "of \(origin.files.joined(separator: " and ")), whose weights have the fingerprint "
        + origin.fingerprint,
    ]
  }

  /// The report of `data check` for a person.
  var text: String {
    (["latents: \(summary[0])", "  \(summary[1])"] + classes.map { "  \($0.name): \($0.images)" })
      .joined(separator: "\n")
  }
}

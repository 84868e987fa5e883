import MixFlowCheckpoint
import MixFlowModels

/// A network between pictures and latents, or what belongs to one.
package enum FirstStage: String, CaseIterable {
  case vae = "weights of AutoencoderKL (SD-VAE)"
  case decoder = "weights of RAE's decoder"
  case encoder = "weights of DINOv2 with registers, RAE's encoder"
  case statistics = "latent statistics of RAE"

  /// A key that no other part has.
  private var key: String {
    switch self {
    case .vae: "decoder.conv_in.weight"
    case .decoder: "decoder_embed.weight"
    case .encoder: "embeddings.register_tokens"
    case .statistics: "var"
    }
  }

  /// Tells the part by its keys; nil where it is none.
  package init?(_ state: StateDict) {
    guard let part = Self.allCases.first(where: { state.shape(of: $0.key) != nil }) else {
      return nil
    }
    self = part
  }

  /// The sizes in one line, where the shapes tell them.
  ///
  /// - Parameter state: The tensors.
  /// - Returns: The line, or nil where a tensor is missing.
  package func sizes(_ state: StateDict) -> String? {
    // Heads leave no trace in shapes, so that the line does not speak of them; 1 divides any width.
    switch self {
    case .vae:
      guard
        let sizes = try? AutoencoderKLConfiguration(
          inferredFrom: state.shape(of:), file: state.file)
      else { return nil }
      return "latents of \(sizes.latentChannels) channels, pictures \(sizes.reduction) times as "
        + "wide, block widths \(sizes.blockWidths)"
    case .decoder:
      guard
        let sizes = try? ViTDecoderConfiguration(
          inferredFrom: state.shape(of:), heads: 1, file: state.file)
      else { return nil }
      let side = sizes.grid * sizes.patchSize
      return
        "latents \(sizes.latentWidth)x\(sizes.grid)x\(sizes.grid) to pictures of \(side)x\(side), "
        + "width \(sizes.width), depth \(sizes.depth)"
    case .encoder:
      guard
        let sizes = try? DINOv2Configuration(
          inferredFrom: state.shape(of:), heads: 1, file: state.file)
      else { return nil }
      return "width \(sizes.width), depth \(sizes.depth), patch \(sizes.patchSize), "
        + "\(sizes.registers) registers, positions for \(sizes.imageSize)x\(sizes.imageSize)"
    case .statistics:
      return state.shape(of: "var").map { shape in
        "\(state.shape(of: "mean") == nil ? "variance" : "mean and variance") of shape \(shape)"
      }
    }
  }
}

extension StateDict {
  /// Refuses the files that lie beside models and are none, with what they are for.
  ///
  /// What no part of an autoencoder is, is left to those who infer a network's sizes.
  ///
  /// - Throws: `ModelInferenceError` that names the file.
  func expectNetwork() throws(ModelInferenceError) {
    // Every network embeds patches.
    guard shape(of: "x_embedder.proj.weight") == nil else { return }
    if let part = FirstStage(self) {
      throw ModelInferenceError(
        file: file,
        problem:
          "is no model, but holds \(part.rawValue); name a network's checkpoint here, and this "
          + "file by '--autoencoder' or autoencoder.files")
    }
    if !posthocWidths.isEmpty {
      throw ModelInferenceError(
        file: file,
        problem: "is no model, but a snapshot of averages; make one of a run's snapshots with "
          + "'mixflow convert RUN_FOLDER OUT --posthoc-ema WIDTH'")
    }
    if ["latents", "moments"].contains(where: { shape(of: $0) != nil }) {
      throw ModelInferenceError(
        file: file, problem: "is no model, but holds latents; 'mixflow inspect' tells more")
    }
  }
}

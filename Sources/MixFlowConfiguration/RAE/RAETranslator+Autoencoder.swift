extension RAETranslator {
  /// Reads `stage_1`: the autoencoder whose latents the network makes.
  mutating func translateAutoencoder(_ section: RAESection) throws {
    guard !section.keys.isEmpty else { return }
    try ignore(section.check(used: ["target", "params", "ckpt"]))
    let target = try section.text("target") ?? "stage1.RAE"
    guard target == "stage1.RAE" else {
      throw section.error("target", "unknown '\(target)'; known: stage1.RAE")
    }
    guard section["ckpt"] == nil else {
      throw section.error("ckpt", "is not read; name the parts in stage_1.params")
    }
    let parameters = try section.section("params")
    try ignore(
      parameters.check(
        used: [
          "encoder_cls", "encoder_input_size", "encoder_params", "pretrained_decoder_path",
          "noise_tau", "reshape_to_2d", "normalization_stat_path",
        ],
        // The files say what these say again.
        unused: ["encoder_config_path", "decoder_config_path", "decoder_patch_size", "eps"]))
    let encoder = try parameters.text("encoder_cls") ?? "Dinov2withNorm"
    guard encoder == "Dinov2withNorm" else {
      throw parameters.error("encoder_cls", "'\(encoder)' is not here; known: Dinov2withNorm")
    }
    guard try parameters.flag("reshape_to_2d") != false else {
      throw parameters.error("reshape_to_2d", "false leaves no picture of latents; set it to true")
    }
    let options = try parameters.section("encoder_params")
    try ignore(options.check(used: ["dinov2_path", "normalize"]))
    guard try options.flag("normalize") != false else {
      throw options.error("normalize", "false is not here; set it to true")
    }
    set("autoencoder.encoder_input_size", try parameters.whole("encoder_input_size"))
    set("autoencoder.noise_tau", try parameters.number("noise_tau"))
    let files = [
      try options.text("dinov2_path").map(encoderFile),
      try parameters.text("pretrained_decoder_path"),
      try parameters.text("normalization_stat_path"),
    ].compactMap(\.self)
    set("autoencoder.files", files)
  }

  /// The weights in a folder of transformers; a name on the hub is kept as the folder it would be.
  private func encoderFile(_ path: String) -> String {
    path.hasSuffix(".safetensors") || path.hasSuffix(".pt") || path.hasSuffix(".bin")
      ? path : "\(path)/model.safetensors"
  }
}

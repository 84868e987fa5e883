import MixFlowModels
import MixFlowTraining

extension RAETranslator {
  /// The keys of a network's constructor.
  private static func parameters(of kind: ModelKind) -> [String] {
    [
      "input_size", "patch_size", "in_channels", "hidden_size", "depth", "num_heads", "mlp_ratio",
      "class_dropout_prob", "num_classes", "use_qknorm", "use_swiglu", "use_rope", "use_rmsnorm",
      "wo_shift",
    ] + (kind == .ditDH ? ["use_pos_embed"] : ["learn_sigma"])
  }

  /// Refuses keys that a network's constructor does not have.
  mutating func checkParameters(_ parameters: RAESection, of kind: ModelKind) throws {
    try ignore(parameters.check(used: Self.parameters(of: kind)))
  }

  /// The key of `stage_2.params` that a setting of the model came from, which cannot be used.
  func locate(_ error: ConfigurationError) -> ConfigurationFileError? {
    let key = String(error.key.trimmingPrefix("model."))
    guard let parameters = try? root.section("stage_2").section("params"),
      parameters.keys.contains(key)
    else { return nil }
    return parameters.error(key, error.problem)
  }

  mutating func translateModel(_ parameters: RAESection, of kind: ModelKind) throws {
    try checkParameters(parameters, of: kind)
    set("model.type", kind.rawValue)
    for key in ["input_size", "in_channels", "num_classes"] {
      set("model.\(key)", try parameters.whole(key))
    }
    for key in ["hidden_size", "depth", "num_heads"] {
      guard let sizes = try sizes(parameters, key) else { continue }
      guard sizes.count == (kind == .ditDH ? 2 : 1) || sizes.count == 1 else {
        throw parameters.error(
          key,
          "has \(sizes.count) numbers; a \(kind.rawValue) takes "
            + (kind == .ditDH ? "[encoder, head]" : "one"))
      }
      set("model.\(key)", sizes)
    }
    if let patches = try sizes(parameters, "patch_size") {
      guard let patch = patches.first, patches.allSatisfy({ $0 == patch }) else {
        throw parameters.error(
          "patch_size", "is \(patches); upstream runs with one size for both stages alone")
      }
      set("model.patch_size", patch)
    }
    if let ratio = try parameters.number("mlp_ratio") {
      guard let whole = Int(exactly: ratio) else {
        throw parameters.error("mlp_ratio", "\(ratio) is not a whole number, such as 4.0")
      }
      set("model.mlp_ratio", whole)
    }
    set("model.class_dropout_prob", try parameters.number("class_dropout_prob"))
    for key in [
      "use_qknorm", "use_swiglu", "use_rope", "use_rmsnorm", "wo_shift", "use_pos_embed",
      "learn_sigma",
    ] {
      set("model.\(key)", try parameters.flag(key))
    }
    try translateSizes(try root.section("misc"), parameters)
  }

  private func sizes(_ section: RAESection, _ key: String) throws -> [Int]? {
    guard section[key] != nil else { return nil }
    return section.isList(key) ? try section.wholes(key) : try section.whole(key).map { [$0] }
  }

  /// Checks `misc`, which says again what `stage_2` says, and takes the shift of times from it.
  private mutating func translateSizes(_ misc: RAESection, _ parameters: RAESection) throws {
    try ignore(
      misc.check(used: [
        "latent_size", "num_classes", "null_label", "time_dist_shift_dim", "time_dist_shift_base",
      ]))
    let channels = try parameters.whole("in_channels") ?? 768
    let side = try parameters.whole("input_size") ?? 16
    let latent = try misc.wholes("latent_size") ?? [channels, side, side]
    try checkEncoder(side, parameters)
    guard latent == [channels, side, side] else {
      throw misc.error(
        "latent_size",
        "is \(latent), but stage_2.params makes [\(channels), \(side), \(side)] of in_channels and "
          + "input_size; set both alike")
    }
    let classes = try parameters.whole("num_classes") ?? 1000
    guard try misc.whole("num_classes") ?? classes == classes else {
      throw misc.error(
        "num_classes", "differs from stage_2.params.num_classes \(classes); set both alike")
    }
    guard try misc.whole("null_label") ?? classes == classes else {
      throw misc.error(
        "null_label", "must be \(classes), the class after the last; leave it out")
    }
    let count = Double(channels) * Double(side) * Double(side)
    let dimension = try misc.number("time_dist_shift_dim") ?? count
    let base = try misc.number("time_dist_shift_base") ?? 4096
    guard base > 0, dimension >= base, dimension.isFinite else {
      throw misc.error(
        "time_dist_shift_base",
        "\(base) with time_dist_shift_dim \(dimension) shifts times by less than 1")
    }
    if dimension != count {
      note(
        "\(misc.name("time_dist_shift_dim")) is \(dimension.short), but a latent has "
          + "\(count.short) numbers")
    }
    set("transport.time_dist_shift", (dimension / base).squareRoot())
  }

  /// Refuses a network for latents of another size than the encoder makes, as upstream's training
  /// file for 512 pixels has it.
  private func checkEncoder(_ side: Int, _ parameters: RAESection) throws {
    let encoder = try root.section("stage_1").section("params")
    guard let pixels = try encoder.whole("encoder_input_size"), pixels != side * 14 else { return }
    let tokens = pixels / 14
    throw parameters.error(
      "input_size",
      "is \(side), but stage_1.params.encoder_input_size \(pixels) makes \(tokens) x \(tokens) "
        + "tokens of 14 pixels, as in upstream's training file for 512 pixels; set input_size: "
        + "\(tokens), misc.latent_size: [768, \(tokens), \(tokens)] and "
        + "misc.time_dist_shift_dim: \(768 * tokens * tokens)")
  }
}

extension Double {
  /// The number without a point where it is whole.
  var short: String { Int(exactly: self).map(String.init) ?? "\(self)" }
}

import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// An autoencoder read from its files, whose kind and parts are known by their keys.
///
/// A VAE is one file of diffusers' keys. RAE's encoder, decoder and, where there are any, statistics
/// (`mean` and `var`) may lie in a file each or in one under prefixes. Of a training checkpoint the
/// moving average is taken.
public struct AutoencoderCheckpoint {
  /// A kind of autoencoder.
  public enum Kind: String, Codable, Sendable {
    /// Stable Diffusion's autoencoder.
    case vae = "AutoencoderKL"
    /// The representation autoencoder.
    case rae = "RAE"
  }

  /// The kind.
  public let kind: Kind
  /// The model.
  public let autoencoder: any Autoencoder
  /// Its files.
  public let paths: [String]
  /// The number of tensors in its files.
  public let tensorCount: Int

  /// Reads an autoencoder.
  ///
  /// - Parameters:
  ///   - paths: One or more safetensors or PyTorch files.
  ///   - settings: What the files leave open.
  /// - Throws: `CheckpointError`, `ModelInferenceError`, `ModelConfigurationError` or
  ///   ``AutoencoderFileError`` that names what does not fit.
  public init(contentsOf paths: [String], settings: AutoencoderSettings = .init()) throws {
    let files = try paths.map(AutoencoderFile.init)
    self.paths = paths
    tensorCount = files.reduce(0) { $0 + $1.reader.state.keys.count }
    if let vae = files.first(where: { $0.prefix(before: Self.vaeKey) != nil }) {
      guard files.count == 1 else { throw AutoencoderFileError.notAlone(vae.path) }
      kind = .vae
      autoencoder = try Self.vae(vae, settings)
    } else {
      kind = .rae
      autoencoder = try Self.joined(files, settings)
    }
    for file in files { try file.reader.expectAllRead() }
  }

  private static let vaeKey = "post_quant_conv.weight"
  private static let encoderKey = "embeddings.register_tokens"
  private static let decoderKey = "decoder_embed.weight"

  private static func vae(
    _ file: AutoencoderFile, _ settings: AutoencoderSettings
  ) throws -> AutoencoderKL {
    let part = AutoencoderPart(file, prefix: file.prefix(before: vaeKey) ?? "")
    var sizes = try AutoencoderKLConfiguration(
      inferredFrom: part.shape,
      groups: settings.groups ?? file.recorded?.groups ?? AutoencoderKLConfiguration().groups,
      scale: Float(settings.scale), file: file.path)
    sizes.shift = Float(settings.shift)
    return try AutoencoderKL(
      sizes, attentionKeys: .inferred(from: part.shape), from: part)
  }

  /// Joins the parts of RAE; a size that does not fit is that of a setting.
  private static func joined(
    _ files: [AutoencoderFile], _ settings: AutoencoderSettings
  ) throws -> RAE {
    do {
      return try rae(files, settings)
    } catch let error as ModelConfigurationError where error.key == "encoder_input_size" {
      let paths = files.map(\.path).joined(separator: ", ")
      throw ConfigurationError(
        key: "autoencoder.encoder_input_size", problem: "\(error.problem) (\(paths))")
    }
  }

  private static func rae(
    _ files: [AutoencoderFile], _ settings: AutoencoderSettings
  ) throws -> RAE {
    func part(_ key: String) -> AutoencoderPart? {
      files.lazy.compactMap { file in
        file.prefix(before: key).map { AutoencoderPart(file, prefix: $0) }
      }.first
    }
    guard let encoder = part(encoderKey), let decoder = part(decoderKey) else {
      throw AutoencoderFileError.unknown(
        files.map(\.path),
        missing: [vaeKey, encoderKey, decoderKey].filter { part($0) == nil })
    }
    let mean = try part("mean").flatMap { try $0.whole("mean") }
    let variance = try part("var").flatMap { try $0.whole("var") }
    return try RAE(
      encoder: DINOv2(
        DINOv2Configuration(
          inferredFrom: encoder.shape,
          heads: settings.encoderHeads ?? encoder.file.recorded?.encoderHeads,
          file: encoder.file.path),
        hasFinalGain: encoder.shape("layernorm.weight") != nil, from: encoder),
      decoder: ViTDecoder(
        ViTDecoderConfiguration(
          inferredFrom: decoder.shape,
          heads: settings.decoderHeads ?? decoder.file.recorded?.decoderHeads,
          file: decoder.file.path),
        hasClassToken: decoder.shape("trainable_cls_token") != nil, from: decoder),
      statistics: mean == nil && variance == nil
        ? nil : LatentStatistics(mean: mean, variance: variance),
      encoderInputSize: settings.encoderInputSize)
  }
}

/// Files that make no autoencoder.
public enum AutoencoderFileError: Error, Equatable, CustomStringConvertible {
  /// No kind of autoencoder is whole; `missing` are keys that would tell one or complete it.
  case unknown([String], missing: [String])
  /// A VAE was given together with other files.
  case notAlone(String)

  /// The files, the fault and the mend.
  public var description: String {
    switch self {
    case .unknown(let files, let missing):
      "\(files.joined(separator: ", ")): no whole autoencoder; a VAE has "
        + "'post_quant_conv.weight', RAE has 'embeddings.register_tokens' (encoder) and "
        + "'decoder_embed.weight' (decoder), here is no "
        + missing.map { "'\($0)'" }.joined(separator: ", ")
        + "; give '--autoencoder' once for each file"
    case .notAlone(let file):
      "\(file): is a whole VAE; give it alone"
    }
  }
}

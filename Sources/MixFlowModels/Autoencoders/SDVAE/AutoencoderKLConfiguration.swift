/// The sizes of Stable Diffusion's autoencoder (Rombach et al., 2022; diffusers' `AutoencoderKL`).
public struct AutoencoderKLConfiguration: Codable, Equatable, Sendable {
  /// The channels of a picture.
  public var imageChannels: Int
  /// The channels of a latent.
  public var latentChannels: Int
  /// The channels of the levels, that of full resolution first.
  public var blockWidths: [Int]
  /// The residual blocks of a level of the encoder; the decoder's levels have one more.
  public var layersPerBlock: Int
  /// The groups of all normalisations.
  public var groups: Int
  /// What latents are multiplied with, so that their variance is about 1.
  public var scale: Float
  /// What is subtracted from latents before that.
  public var shift: Float

  enum CodingKeys: String, CodingKey {
    case imageChannels = "in_channels"
    case latentChannels = "latent_channels"
    case blockWidths = "block_out_channels"
    case layersPerBlock = "layers_per_block"
    case groups = "norm_num_groups"
    case scale = "scaling_factor"
    case shift = "shift_factor"
  }

  /// The scale of Stable Diffusion's latents, which SiT, DiT and REPA use too.
  public static let standardScale: Float = 0.18215

  /// Creates a configuration, by default that of sd-vae-ft-ema and sd-vae-ft-mse.
  public init(
    imageChannels: Int = 3, latentChannels: Int = 4, blockWidths: [Int] = [128, 256, 512, 512],
    layersPerBlock: Int = 2, groups: Int = 32, scale: Float = standardScale, shift: Float = 0
  ) {
    self.imageChannels = imageChannels
    self.latentChannels = latentChannels
    self.blockWidths = blockWidths
    self.layersPerBlock = layersPerBlock
    self.groups = groups
    self.scale = scale
    self.shift = shift
  }

  /// Decodes diffusers' `config.json`, whose other keys are of no concern here.
  public init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.container(keyedBy: CodingKeys.self)
    imageChannels = try values.decodeIfPresent(Int.self, forKey: .imageChannels) ?? imageChannels
    latentChannels = try values.decodeIfPresent(Int.self, forKey: .latentChannels) ?? latentChannels
    blockWidths = try values.decodeIfPresent([Int].self, forKey: .blockWidths) ?? blockWidths
    layersPerBlock = try values.decodeIfPresent(Int.self, forKey: .layersPerBlock) ?? layersPerBlock
    groups = try values.decodeIfPresent(Int.self, forKey: .groups) ?? groups
    scale = try values.decodeIfPresent(Float.self, forKey: .scale) ?? scale
    shift = try values.decodeIfPresent(Float.self, forKey: .shift) ?? shift
  }

  /// What the encoder reduces the sides of a picture by.
  public var reduction: Int { 1 << (blockWidths.count - 1) }

  /// Refuses sizes that do not fit together.
  public func validate() throws(ModelConfigurationError) {
    guard 1...16 ~= blockWidths.count else {
      throw ModelConfigurationError(
        key: "block_out_channels", problem: "has \(blockWidths.count) levels; it must have 1...16")
    }
    let bounds =
      [
        ("in_channels", imageChannels, 65_536), ("latent_channels", latentChannels, 65_536),
        ("layers_per_block", layersPerBlock, 1024), ("norm_num_groups", groups, 65_536),
      ] + blockWidths.map { ("block_out_channels", $0, 65_536) }
    for (key, value, limit) in bounds where !(1...limit ~= value) {
      throw ModelConfigurationError(key: key, problem: "is \(value); it must be in 1...\(limit)")
    }
    for width in blockWidths where width % groups != 0 {
      throw ModelConfigurationError(
        key: "norm_num_groups", problem: "is \(groups), which does not divide \(width) channels")
    }
    guard scale.isFinite, scale != 0, shift.isFinite else {
      throw ModelConfigurationError(
        key: "scaling_factor", problem: "is \(scale), shift_factor \(shift); latents need numbers")
    }
  }
}

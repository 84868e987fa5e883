/// What the files of an autoencoder may leave open.
public struct AutoencoderSettings: Codable, Equatable, Sendable {
  /// The groups of the VAE's normalisations, or null for what its file says, else 32.
  @Nullable public var groups: Int?
  /// What the VAE's latents are multiplied with.
  public var scale = 0.18215
  /// What is subtracted from the VAE's latents before that.
  public var shift = 0.0
  /// The heads of RAE's encoder, or null for those of the published size of its width.
  @Nullable public var encoderHeads: Int?
  /// The heads of RAE's decoder, or null for those of the published size of its width.
  @Nullable public var decoderHeads: Int?
  /// The side that RAE resizes pictures to for its encoder.
  public var encoderInputSize = 224

  enum CodingKeys: String, CodingKey {
    case groups = "norm_num_groups"
    case scale = "scaling_factor"
    case shift = "shift_factor"
    case encoderHeads = "encoder_num_attention_heads"
    case decoderHeads = "decoder_num_attention_heads"
    case encoderInputSize = "encoder_input_size"
  }

  /// The settings of the published files.
  public init() {}
}

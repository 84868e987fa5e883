/// The autoencoder between pictures and latents: its files, and what they leave open.
public struct AutoencoderSettings: Codable, Equatable, Sendable {
  /// The files; one for a VAE, encoder, decoder and statistics for RAE; none where models make pixels.
  public var files: [String] = []
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
  /// The noise that RAE's decoder was trained with; a record, as only that training adds it.
  public var noiseTau = 0.0

  enum CodingKeys: String, CodingKey {
    case files
    case groups = "norm_num_groups"
    case scale = "scaling_factor"
    case shift = "shift_factor"
    case encoderHeads = "encoder_num_attention_heads"
    case decoderHeads = "decoder_num_attention_heads"
    case encoderInputSize = "encoder_input_size"
    case noiseTau = "noise_tau"
  }

  /// The settings of the published files.
  public init() {}

  /// Checks what needs no file.
  ///
  /// - Throws: ``ConfigurationError`` that names the key.
  public func validate() throws {
    try require(
      scale > 0 && scale.isFinite, "autoencoder.scaling_factor", "\(scale) is not above 0")
    try require(shift.isFinite, "autoencoder.shift_factor", "\(shift) is not a number")
    try require(
      noiseTau >= 0 && noiseTau.isFinite, "autoencoder.noise_tau",
      "\(noiseTau) is not a number from 0 up")
    try require(
      1...65_536 ~= encoderInputSize, "autoencoder.encoder_input_size",
      "\(encoderInputSize) is not in 1...65536")
  }

  /// Reads the autoencoder, where files are named.
  ///
  /// - Returns: The autoencoder, or nil without files.
  /// - Throws: ``ConfigurationError`` that names a key, and what
  ///   ``AutoencoderCheckpoint/init(contentsOf:settings:)`` throws.
  public func load() throws -> AutoencoderCheckpoint? {
    guard !files.isEmpty else { return nil }
    try validate()
    try checkHubNames()
    return try AutoencoderCheckpoint(contentsOf: files, settings: self)
  }
}

/// The sizes of RAE's decoder of image features (Zheng et al., 2025; `GeneralDecoder`).
public struct ViTDecoderConfiguration: Codable, Equatable, Sendable {
  /// The channels of a latent.
  public var latentWidth: Int
  /// The width of a token.
  public var width: Int
  /// The number of layers.
  public var depth: Int
  /// The number of attention heads.
  public var heads: Int
  /// The hidden width of the feed-forward layers.
  public var hidden: Int
  /// The side of the patch of pixels that a token becomes.
  public var patchSize: Int
  /// The tokens on a side.
  public var grid: Int
  /// The channels of a picture.
  public var imageChannels: Int

  /// Creates a configuration; ``validate()`` checks it.
  public init(
    latentWidth: Int = 768, width: Int, depth: Int, heads: Int, hidden: Int, patchSize: Int = 16,
    grid: Int = 16, imageChannels: Int = 3
  ) {
    self.latentWidth = latentWidth
    self.width = width
    self.depth = depth
    self.heads = heads
    self.hidden = hidden
    self.patchSize = patchSize
    self.grid = grid
    self.imageChannels = imageChannels
  }

  /// ViT-B: 12 layers of width 768.
  public static let base = ViTDecoderConfiguration(width: 768, depth: 12, heads: 12, hidden: 3072)
  /// ViT-L: 24 layers of width 1024.
  public static let large = ViTDecoderConfiguration(width: 1024, depth: 24, heads: 16, hidden: 4096)
  /// ViT-XL: 28 layers of width 1152.
  public static let extraLarge = ViTDecoderConfiguration(
    width: 1152, depth: 28, heads: 16, hidden: 4096)

  /// The number of tokens, the class token not counted.
  public var tokens: Int { grid * grid }

  /// Refuses sizes that do not fit together.
  public func validate() throws(ModelConfigurationError) {
    let bounds = [
      ("hidden_size", latentWidth, 65_536), ("decoder_hidden_size", width, 65_536),
      ("decoder_num_hidden_layers", depth, 1024), ("decoder_num_attention_heads", heads, 65_536),
      ("decoder_intermediate_size", hidden, 1 << 20), ("patch_size", patchSize, 4096),
      ("image_size", grid, 4096), ("num_channels", imageChannels, 65_536),
    ]
    for (key, value, limit) in bounds where !(1...limit ~= value) {
      throw ModelConfigurationError(key: key, problem: "is \(value); it must be in 1...\(limit)")
    }
    guard width % heads == 0 else {
      throw ModelConfigurationError(
        key: "decoder_num_attention_heads",
        problem: "is \(heads), which does not divide decoder_hidden_size \(width)")
    }
    guard width % 4 == 0 else {
      throw ModelConfigurationError(
        key: "decoder_hidden_size", problem: "is \(width); the position table needs a multiple of 4"
      )
    }
  }

  /// Infers the sizes from the shapes in a file.
  ///
  /// - Parameters:
  ///   - shape: Returns the shape under a key, or nil where there is none.
  ///   - heads: The number of attention heads, which leaves no trace in the shapes; by default that
  ///     of the published size of the same width.
  ///   - file: The file's name, for errors.
  /// - Throws: ``ModelInferenceError`` when the shapes are not those of such a decoder.
  public init(
    inferredFrom shape: @escaping (String) -> [Int]?, heads: Int? = nil, file: String
  ) throws(ModelInferenceError) {
    let sizes = ShapeReader(model: "decoder of RAE", file: file, shape: shape)
    let embed = try sizes("decoder_embed.weight", rank: 2)
    let positions = try sizes("decoder_pos_embed", rank: 3)
    let prediction = try sizes("decoder_pred.weight", rank: 2)
    let hidden = try sizes("decoder_layers.0.intermediate.dense.weight", rank: 2)
    let published = [Self.base, .large, .extraLarge].first { $0.width == embed[0] }
    guard let heads = heads ?? published?.heads else {
      throw ModelInferenceError(
        file: file,
        problem: "a width of \(embed[0]) is not a published size; give the decoder's heads")
    }
    guard prediction[0] % 3 == 0 else {
      throw ModelInferenceError(
        file: file, problem: "'decoder_pred.weight' is \(prediction); RGB needs a multiple of 3")
    }
    self.init(
      latentWidth: embed[1], width: embed[0],
      depth: (0...).prefix { shape("decoder_layers.\($0).output.dense.weight") != nil }.count,
      heads: heads, hidden: hidden[0], patchSize: try sizes.side(ofSquare: prediction[0] / 3),
      grid: try sizes.side(ofSquare: positions[1] - 1))
  }
}

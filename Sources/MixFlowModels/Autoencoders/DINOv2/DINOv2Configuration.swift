/// The sizes of a DINOv2 (Oquab et al., 2024; transformers' `Dinov2Model`), with registers (Darcet et
/// al., 2024; `Dinov2WithRegistersModel`) or without.
public struct DINOv2Configuration: Codable, Equatable, Sendable {
  /// The width of a token.
  public var width: Int
  /// The number of layers.
  public var depth: Int
  /// The number of attention heads.
  public var heads: Int
  /// The hidden width of the feed-forward layers, as a multiple of `width`.
  public var mlpRatio: Int
  /// The side of the pictures that the position table was made for.
  public var imageSize: Int
  /// The side of a patch.
  public var patchSize: Int
  /// The number of register tokens, 0 in the first generation.
  public var registers: Int

  enum CodingKeys: String, CodingKey {
    case width = "hidden_size"
    case depth = "num_hidden_layers"
    case heads = "num_attention_heads"
    case mlpRatio = "mlp_ratio"
    case imageSize = "image_size"
    case patchSize = "patch_size"
    case registers = "num_register_tokens"
  }

  /// Creates a configuration, by default that of DINOv2-B/14 with 4 registers.
  public init(
    width: Int = 768, depth: Int = 12, heads: Int = 12, mlpRatio: Int = 4, imageSize: Int = 518,
    patchSize: Int = 14, registers: Int = 4
  ) {
    self.width = width
    self.depth = depth
    self.heads = heads
    self.mlpRatio = mlpRatio
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.registers = registers
  }

  /// The tokens on a side of the position table.
  public var grid: Int { imageSize / patchSize }

  /// Refuses sizes that do not fit together.
  public func validate() throws(ModelConfigurationError) {
    let bounds = [
      ("hidden_size", width, 65_536), ("num_hidden_layers", depth, 1024),
      ("num_attention_heads", heads, 65_536), ("mlp_ratio", mlpRatio, 64),
      ("image_size", imageSize, 65_536), ("patch_size", patchSize, 4096),
    ]
    for (key, value, limit) in bounds where !(1...limit ~= value) {
      throw ModelConfigurationError(key: key, problem: "is \(value); it must be in 1...\(limit)")
    }
    guard 0...65_536 ~= registers else {
      throw ModelConfigurationError(
        key: "num_register_tokens", problem: "is \(registers); it must be in 0...65536")
    }
    guard imageSize % patchSize == 0 else {
      throw ModelConfigurationError(
        key: "patch_size", problem: "is \(patchSize), which does not divide image_size \(imageSize)"
      )
    }
    guard width % heads == 0 else {
      throw ModelConfigurationError(
        key: "num_attention_heads",
        problem: "is \(heads), which does not divide hidden_size \(width)")
    }
  }

  /// Infers the sizes from the shapes in a file.
  ///
  /// - Parameters:
  ///   - shape: Returns the shape under a key, or nil where there is none.
  ///   - heads: The number of attention heads, which leaves no trace in the shapes; by default one
  ///     for each 64 channels, as all published sizes have.
  ///   - file: The file's name, for errors.
  /// - Throws: ``ModelInferenceError`` when the shapes are not those of a DINOv2.
  public init(
    inferredFrom shape: @escaping (String) -> [Int]?, heads: Int? = nil, file: String
  ) throws(ModelInferenceError) {
    let sizes = ShapeReader(model: "DINOv2", file: file, shape: shape)
    let patches = try sizes("embeddings.patch_embeddings.projection.weight", rank: 4)
    let positions = try sizes("embeddings.position_embeddings", rank: 3)
    let registers =
      shape("embeddings.register_tokens") == nil
      ? [1, 0, patches[0]] : try sizes("embeddings.register_tokens", rank: 3)
    guard shape("encoder.layer.0.mlp.weights_in.weight") == nil,
      shape("encoder.layer.0.mlp.w12.weight") == nil
    else {
      throw ModelInferenceError(
        file: file,
        problem: "its feed-forward layers are gated, as those of ViT-g/14; that size "
          + "is not supported, give ViT-S/14, B or L")
    }
    let hidden = try sizes("encoder.layer.0.mlp.fc1.weight", rank: 2)
    let (width, patch) = (patches[0], patches[2])
    let grid = try sizes.side(ofSquare: positions[1] - 1)
    guard let heads = heads ?? (width % 64 == 0 ? width / 64 : nil) else {
      throw ModelInferenceError(
        file: file,
        problem:
          "a width of \(width) is none of DINOv2-S, B and L, whose numbers of heads are known; give one "
          + "of these, or for RAE autoencoder.encoder_num_attention_heads"
      )
    }
    self.init(
      width: width,
      depth: (0...).prefix { shape("encoder.layer.\($0).norm1.weight") != nil }.count,
      heads: heads, mlpRatio: hidden[0] / width, imageSize: grid * patch, patchSize: patch,
      registers: registers[1])
  }
}

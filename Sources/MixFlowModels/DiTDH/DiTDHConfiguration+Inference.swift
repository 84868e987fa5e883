extension DiTDHConfiguration {
  /// Infers the sizes and options of a DiT-DH from the shapes in a file.
  ///
  /// Blocks of the encoder's width are taken to be the encoder's. Where both stages have one width,
  /// nothing tells them apart but their heads, so the last two blocks are taken to be the decoder's
  /// unless its depth is given. The label table is taken to have a row for the null class.
  ///
  /// - Parameters:
  ///   - shape: Returns the shape under a key, or nil where there is none.
  ///   - decoderDepth: The number of the decoder's blocks, for stages of one width.
  ///   - file: The file's name, for errors.
  /// - Throws: ``ModelInferenceError`` when the shapes are not those of a DiT-DH.
  public init(
    inferredFrom shape: @escaping (String) -> [Int]?, decoderDepth: Int = 2, file: String
  ) throws(ModelInferenceError) {
    let file = FileShapes(shape, file: file, model: "DiT-DH")
    self.init()
    let angles = try file.sizes("enc_feat_rope.freqs_cos", 2)
    let decoderAngles = try file.sizes("dec_feat_rope.freqs_cos", 2)
    let patches = try file.sizes("s_embedder.proj.weight", 4)
    let decoderPatches = try file.sizes("x_embedder.proj.weight", 4)
    let widths = file.blockWidths
    (inChannels, patchSize) = (patches[1], patches[2])
    inputSize = try file.grid(tokens: angles[0])
    encoder = DiTDHStage(width: patches[0], depth: 0, heads: patches[0] / angles[1])
    decoder = DiTDHStage(
      width: decoderPatches[0], depth: 0, heads: decoderPatches[0] / decoderAngles[1])
    encoder.depth =
      encoder.width == decoder.width
      ? widths.count - decoderDepth : widths.prefix { $0 == encoder.width }.count
    decoder.depth = widths.count - encoder.depth
    guard encoder.depth > 0, decoder.depth > 0,
      widths[encoder.depth...].allSatisfy({ $0 == decoder.width })
    else {
      throw file.error(
        """
        blocks are \(widths) wide; a DiT-DH of these embedders has some of \(encoder.width), then \
        some of \(decoder.width)
        """)
    }

    classCount = try file.sizes("y_embedder.embedding_table.weight", 2)[0] - 1
    _ = try file.sizes("t_embedder.W", 1)
    (mlpRatio, usesSwiGLU) = try file.feedForward(width: encoder.width)
    usesRMSNorm = file.contains("blocks.0.norm1.weight")
    usesQKNorm = file.contains("blocks.0.attn.q_norm.weight")
    usesPositions = file.contains("pos_embed")
  }
}

extension LightningDiTConfiguration {
  /// Infers the sizes and options of a LightningDiT from the shapes in a file.
  ///
  /// The number of heads shows in the rotary angles and in the normalisation of queries; without
  /// either it is taken from the published size of the same width unless it is given. The label table
  /// is taken to have a row for the null class.
  ///
  /// - Parameters:
  ///   - shape: Returns the shape under a key, or nil where there is none.
  ///   - heads: The number of attention heads, or nil to look it up.
  ///   - file: The file's name, for errors.
  /// - Throws: ``ModelInferenceError`` when the shapes are not those of a LightningDiT.
  public init(
    inferredFrom shape: @escaping (String) -> [Int]?, heads: Int? = nil, file: String
  ) throws(ModelInferenceError) {
    let file = FileShapes(shape, file: file, model: "LightningDiT")
    self.init()
    let tokens = try file.sizes("pos_embed", 3)[1]
    let patches = try file.sizes("x_embedder.proj.weight", 4)
    (width, inChannels, patchSize) = (patches[0], patches[1], patches[2])
    inputSize = try file.grid(tokens: tokens) * patchSize
    classCount = try file.sizes("y_embedder.embedding_table.weight", 2)[0] - 1
    _ = try file.sizes("t_embedder.W", 1)
    depth = file.blockWidths.count
    (mlpRatio, usesSwiGLU) = try file.feedForward(width: width)
    usesRMSNorm = file.contains("blocks.0.norm1.weight")
    usesQKNorm = file.contains("blocks.0.attn.q_norm.weight")
    usesRoPE = file.contains("feat_rope.freqs_cos")

    let outputs = try file.sizes("final_layer.linear.weight", 2)[0]
    learnSigma = outputs == 2 * inChannels * patchSize * patchSize
    guard outputs == patchOutputs else {
      throw file.error("the last layer has \(outputs) outputs for \(inChannels) channels")
    }
    let angles = try file.optionalSizes("feat_rope.freqs_cos", 2)
    let queries = try file.optionalSizes("blocks.0.attn.q_norm.weight", 1)
    let headWidth = angles?[1] ?? queries?[0]
    let published = SiTSize.allCases.first { $0.width == width }?.heads
    guard let heads = headWidth.map({ width / $0 }) ?? heads ?? published else {
      throw file.error(
        "a width of \(width) is not a published size; give the number of heads (--heads)")
    }
    self.heads = heads
  }
}

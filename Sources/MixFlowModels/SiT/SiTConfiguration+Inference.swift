extension SiTConfiguration {
  /// Infers the sizes of a SiT from the shapes in a file.
  ///
  /// The number of heads leaves no trace in the shapes: it is taken from the published size of the
  /// same width unless it is given. Released files have a row for the null class in their label
  /// table, so the table is taken to have one.
  ///
  /// - Parameters:
  ///   - shape: Returns the shape under a key, or nil where there is none.
  ///   - heads: The number of attention heads, or nil to look it up.
  ///   - file: The file's name, for errors.
  /// - Throws: ``ModelInferenceError`` when the shapes are not those of a SiT.
  public init(
    inferredFrom shape: @escaping (String) -> [Int]?, heads: Int? = nil, file: String
  ) throws(ModelInferenceError) {
    let file = FileShapes(shape, file: file, model: "SiT")
    let positions = try file.sizes("pos_embed", 3)
    let patches = try file.sizes("x_embedder.proj.weight", 4)
    let hidden = try file.sizes("blocks.0.mlp.fc1.weight", 2)
    let table = try file.sizes("y_embedder.embedding_table.weight", 2)
    let last = try file.sizes("final_layer.linear.weight", 2)
    let (width, channels, patch) = (patches[0], patches[1], patches[2])
    let grid = try file.grid(tokens: positions[1])
    let outChannels = last[0] / (patch * patch)
    guard outChannels == channels || outChannels == 2 * channels else {
      throw file.error("the last layer has \(last[0]) outputs for \(channels) channels")
    }
    let published = SiTSize.allCases.first { $0.width == width }?.heads
    guard let heads = heads ?? published else {
      throw file.error(
        "a width of \(width) is not a published size; give the number of heads (--heads)")
    }
    self.init(
      inputSize: grid * patch, patchSize: patch, inChannels: channels, width: width,
      depth: file.blockWidths.count, heads: heads, mlpRatio: hidden[0] / width,
      classCount: table[0] - 1, learnSigma: outChannels != channels)
  }
}

extension REPASiTConfiguration {
  /// Infers the sizes of a REPA model from the shapes in a file.
  ///
  /// The block whose tokens are projected leaves no trace: it is taken to be upstream's eighth, or the
  /// last of a shallower network.
  ///
  /// - Parameters:
  ///   - shape: Returns the shape under a key, or nil where there is none.
  ///   - heads: The number of attention heads, or nil to look it up.
  ///   - file: The file's name, for errors.
  /// - Throws: ``ModelInferenceError`` when the shapes are not those of a REPA model.
  public init(
    inferredFrom shape: @escaping (String) -> [Int]?, heads: Int? = nil, file: String
  ) throws(ModelInferenceError) {
    let shapes = FileShapes(shape, file: file, model: "REPA model")
    // The normalisation of a head is as wide as the head.
    let headWidth = try shapes.optionalSizes("blocks.0.attn.q_norm.weight", 1)?[0]
    let width = try shapes.sizes("x_embedder.proj.weight", 4)[0]
    let transformer = try SiTConfiguration(
      inferredFrom: shape, heads: headWidth.map { width / $0 } ?? heads, file: file)
    var features: [Int] = []
    while let last = try shapes.optionalSizes("projectors.\(features.count).4.weight", 2) {
      features.append(last[0])
    }
    let hidden = try shapes.optionalSizes("projectors.0.0.weight", 2)?[0]
    self.init(
      transformer, encoderDepth: min(8, transformer.depth), featureWidths: features,
      projectorWidth: hidden ?? 2048, qkNorm: headWidth != nil)
  }
}

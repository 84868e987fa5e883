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
    let transformer = try SiTConfiguration(inferredFrom: shape, heads: heads, file: file)
    let shapes = FileShapes(shape, file: file, model: "REPA model")
    var features: [Int] = []
    while let last = try shapes.optionalSizes("projectors.\(features.count).4.weight", 2) {
      features.append(last[0])
    }
    let hidden = try shapes.optionalSizes("projectors.0.0.weight", 2)?[0]
    self.init(
      transformer, encoderDepth: min(8, transformer.depth), featureWidths: features,
      projectorWidth: hidden ?? 2048, qkNorm: shapes.contains("blocks.0.attn.q_norm.weight"))
  }
}

extension ModelConfiguration {
  /// Infers which network a file holds, and its sizes, from the shapes in it.
  ///
  /// A DiT has the keys and shapes of a SiT that learns sigma, so it is taken for one unless `kind`
  /// says otherwise.
  ///
  /// - Parameters:
  ///   - shape: Returns the shape under a key, or nil where there is none.
  ///   - kind: The network, or nil to look at the keys.
  ///   - heads: The number of attention heads, or nil to look it up.
  ///   - file: The file's name, for errors.
  /// - Throws: ``ModelInferenceError`` when the shapes are not those of a model that is known.
  public init(
    inferredFrom shape: @escaping (String) -> [Int]?, kind: ModelKind? = nil, heads: Int? = nil,
    file: String
  ) throws(ModelInferenceError) {
    switch kind ?? Self.kind(of: shape) {
    case .sit:
      self = .sit(try SiTConfiguration(inferredFrom: shape, heads: heads, file: file))
    case .dit:
      self = .dit(try SiTConfiguration(inferredFrom: shape, heads: heads, file: file))
    case .repa:
      self = .repa(try REPASiTConfiguration(inferredFrom: shape, heads: heads, file: file))
    case .lightningDiT:
      self = .lightningDiT(
        try LightningDiTConfiguration(inferredFrom: shape, heads: heads, file: file))
    case .ditDH:
      self = .ditDH(try DiTDHConfiguration(inferredFrom: shape, file: file))
    }
  }

  /// Tells a network by its keys, a DiT as a SiT.
  ///
  /// - Parameter shape: Returns the shape under a key, or nil where there is none.
  /// - Returns: The kind; a SiT where nothing says otherwise.
  public static func kind(of shape: (String) -> [Int]?) -> ModelKind {
    if shape("s_embedder.proj.weight") != nil { return .ditDH }
    if shape("t_embedder.W") != nil { return .lightningDiT }
    if shape("projectors.0.0.weight") != nil { return .repa }
    return .sit
  }
}

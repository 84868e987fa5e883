/// The names that published files of DINOv2 give their tensors.
public enum DINOv2Keys: Sendable {
  /// transformers' names, which ``DINOv2`` takes for its own: `encoder.layer.0.norm1.weight`.
  case transformers
  /// Those of the official repository, as `torch.hub` downloads them: `blocks.0.norm1.weight`.
  case hub

  /// The key by which a file of each generation is known.
  public var telltale: String {
    switch self {
    case .transformers: "encoder.layer.0.layer_scale1.lambda1"
    case .hub: "blocks.0.ls1.gamma"
    }
  }

  /// Where a parameter lies in a file.
  struct Place: Equatable {
    /// The key in the file.
    let key: String
    /// Which third of the rows it is, of queries, keys and values in one; nil for all.
    var third: Int?
  }

  /// Returns where the parameter of a key of ``DINOv2`` lies.
  func place(of key: String) -> Place {
    guard self == .hub else { return Place(key: key) }
    if let rest = key.after("encoder.layer.") {
      let parts = rest.split(separator: ".", maxSplits: 1)
      guard parts.count == 2 else { return Place(key: key) }
      let inner = Self.placeInBlock(of: String(parts[1]))
      return Place(key: "blocks.\(parts[0]).\(inner.key)", third: inner.third)
    }
    let renamings = [
      ("embeddings.position_embeddings", "pos_embed"),
      ("embeddings.patch_embeddings.projection", "patch_embed.proj"),
      ("embeddings.", ""), ("layernorm.", "norm."),
    ]
    for (mine, theirs) in renamings {
      if let rest = key.after(mine) { return Place(key: theirs + rest) }
    }
    return Place(key: key)
  }

  private static func placeInBlock(of key: String) -> Place {
    for (third, name) in ["query", "key", "value"].enumerated() {
      if let rest = key.after("attention.attention.\(name)") {
        return Place(key: "attn.qkv" + rest, third: third)
      }
    }
    let renamings = [
      ("attention.output.dense", "attn.proj"), ("layer_scale1.lambda1", "ls1.gamma"),
      ("layer_scale2.lambda1", "ls2.gamma"),
    ]
    for (mine, theirs) in renamings {
      if let rest = key.after(mine) { return Place(key: theirs + rest) }
    }
    return Place(key: key)
  }

  /// Returns the shape of the parameter of a key of ``DINOv2``, given the shapes in a file.
  ///
  /// - Parameters:
  ///   - key: A key of ``DINOv2``.
  ///   - stored: Returns the shape under a key of the file, or nil where there is none.
  /// - Returns: The shape, or nil where the file has no such parameter.
  public func shape(of key: String, in stored: (String) -> [Int]?) -> [Int]? {
    let place = place(of: key)
    guard var shape = stored(place.key) else { return nil }
    if place.third != nil, let rows = shape.first { shape[0] = rows / 3 }
    return shape
  }
}

extension String {
  /// Returns what follows `prefix`, or nil where the text does not begin with it.
  fileprivate func after(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}

extension AutoencoderKLConfiguration {
  /// Infers the sizes from the shapes in a file.
  ///
  /// The number of groups and the scale leave no trace in the shapes: they are those of Stable
  /// Diffusion unless they are given.
  ///
  /// - Parameters:
  ///   - shape: Returns the shape under a key, or nil where there is none.
  ///   - groups: The groups of all normalisations.
  ///   - scale: What latents are multiplied with.
  ///   - file: The file's name, for errors.
  /// - Throws: ``ModelInferenceError`` when the shapes are not those of such an autoencoder.
  public init(
    inferredFrom shape: (String) -> [Int]?, groups: Int = 32, scale: Float = standardScale,
    file: String
  ) throws(ModelInferenceError) {
    func sizes(_ key: String) throws(ModelInferenceError) -> [Int] {
      guard let found = shape(key) else {
        throw ModelInferenceError(
          file: file, problem: "no tensor '\(key)', which every AutoencoderKL has")
      }
      guard found.count == 4, found.allSatisfy({ $0 > 0 }) else {
        throw ModelInferenceError(
          file: file, problem: "'\(key)' is \(found), which no AutoencoderKL has")
      }
      return found
    }
    let input = try sizes("encoder.conv_in.weight")
    let latent = try sizes("post_quant_conv.weight")
    var widths: [Int] = []
    while shape("encoder.down_blocks.\(widths.count).resnets.0.conv1.weight") != nil {
      widths.append(try sizes("encoder.down_blocks.\(widths.count).resnets.0.conv1.weight")[0])
    }
    guard !widths.isEmpty else {
      throw ModelInferenceError(file: file, problem: "no tensors 'encoder.down_blocks.…'")
    }
    self.init(
      imageChannels: input[1], latentChannels: latent[0], blockWidths: widths,
      layersPerBlock: (0...).prefix {
        shape("encoder.down_blocks.0.resnets.\($0).conv1.weight") != nil
      }.count,
      groups: groups, scale: scale)
  }
}

/// The names of the attention's projections, which changed between versions of diffusers.
public struct SpatialAttentionKeys: Equatable, Sendable {
  let query: String
  let key: String
  let value: String
  let output: String
  /// Whether the weights have the shape of 1 × 1 convolutions, `[C, C, 1, 1]`.
  public var isConvolution: Bool

  /// `to_q`, `to_k`, `to_v` and `to_out.0`, since diffusers 0.12.
  public static let current = SpatialAttentionKeys(
    query: "to_q", key: "to_k", value: "to_v", output: "to_out.0", isConvolution: false)
  /// `query`, `key`, `value` and `proj_attn`, as the published sd-vae-ft files have them.
  public static let legacy = SpatialAttentionKeys(
    query: "query", key: "key", value: "value", output: "proj_attn", isConvolution: false)

  /// Finds out which names and shapes a file has.
  ///
  /// - Parameter shape: Returns the shape under a key, or nil where there is none.
  /// - Returns: The names and the kind of shape.
  public static func inferred(from shape: (String) -> [Int]?) -> SpatialAttentionKeys {
    let layer = "decoder.mid_block.attentions.0."
    var keys = shape(layer + "query.weight") == nil ? current : legacy
    keys.isConvolution = shape(layer + keys.query + ".weight")?.count == 4
    return keys
  }
}

import MixFlowTensor

/// Self-attention with one head over the pixels of a picture, added to it (diffusers' `Attention` in
/// `UNetMidBlock2D`).
struct SpatialAttention {
  private let norm: GroupNormLayer
  private let query: PixelProjection
  private let key: PixelProjection
  private let value: PixelProjection
  private let output: PixelProjection

  /// Registers `group_norm` and the projections under `scope`.
  init(channels: Int, groups: Int, keys: SpatialAttentionKeys, in scope: ParameterScope) throws {
    norm = try GroupNormLayer(channels: channels, groups: groups, in: scope.child("group_norm"))
    func projection(_ name: String) throws -> PixelProjection {
      try PixelProjection(
        width: channels, isConvolution: keys.isConvolution, in: scope.child(name))
    }
    query = try projection(keys.query)
    key = try projection(keys.key)
    value = try projection(keys.value)
    output = try projection(keys.output)
  }

  /// Maps `[B, channels, H, W]` to itself.
  func callAsFunction(_ x: Variable) -> Variable {
    let pixels = patchify(norm(x), patch: 1)
    let mixed = attention(
      query: query(pixels), key: key(pixels), value: value(pixels), heads: 1)
    return x
      + unpatchify(
        output(mixed), patch: 1, channels: x.shape[1], height: x.shape[2], width: x.shape[3])
  }
}

/// An affine map of the channels of each pixel, whose weight may be stored as a convolution's.
private struct PixelProjection {
  private let width: Int
  private let weight: Parameter
  private let bias: Parameter

  init(width: Int, isConvolution: Bool, in scope: ParameterScope) throws {
    self.width = width
    weight = try scope.parameter(
      "weight", shape: isConvolution ? [width, width, 1, 1] : [width, width],
      initializer: .xavierUniform(fanIn: width, fanOut: width))
    bias = try scope.parameter("bias", shape: [width], initializer: .zeros)
  }

  func callAsFunction(_ x: Variable) -> Variable {
    linear(
      x, weight: reshape(weight.variable(on: nil), [width, width]), bias: bias.variable(on: nil))
  }
}

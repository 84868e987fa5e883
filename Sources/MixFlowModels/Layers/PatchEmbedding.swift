import MixFlowTensor

/// The linear embedding of square patches, kept as the convolution of timm's `PatchEmbed`.
public struct PatchEmbedding {
  private let patch: Int
  private let weight: Parameter
  private let bias: Parameter

  /// Registers `proj.weight` `[width, channels, patch, patch]` and `proj.bias` under `scope`, or the
  /// same under another name.
  public init(
    channels: Int, patch: Int, width: Int, named name: String = "proj", in scope: ParameterScope
  ) throws {
    self.patch = patch
    let proj = scope.child(name)
    weight = try proj.parameter(
      "weight", shape: [width, channels, patch, patch],
      initializer: .xavierUniform(fanIn: channels * patch * patch, fanOut: width))
    bias = try proj.parameter("bias", shape: [width], initializer: .zeros)
  }

  /// Maps images `[B, C, H, W]` to tokens `[B, T, width]`, row by row.
  public func callAsFunction(_ images: Variable, on tape: Tape?) -> Variable {
    let kernel = weight.variable(on: tape)
    return linear(
      patchify(images, patch: patch),
      weight: reshape(kernel, [weight.shape[0], weight.shape[1...].reduce(1, *)]),
      bias: bias.variable(on: tape))
  }
}

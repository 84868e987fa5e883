import MixFlowTensor

/// The residual block `shortcut(x) + conv2(silu(norm2(conv1(silu(norm1(x))))))` (diffusers'
/// `ResnetBlock2D` without a time embedding).
struct ResidualBlock {
  private let norm1: GroupNormLayer
  private let conv1: ConvolutionLayer
  private let norm2: GroupNormLayer
  private let conv2: ConvolutionLayer
  private let shortcut: ConvolutionLayer?

  /// Registers the layers under `scope`, `conv_shortcut` only where the number of channels changes.
  init(inputs: Int, outputs: Int, groups: Int, in scope: ParameterScope) throws {
    norm1 = try GroupNormLayer(channels: inputs, groups: groups, in: scope.child("norm1"))
    conv1 = try ConvolutionLayer(inputs: inputs, outputs: outputs, in: scope.child("conv1"))
    norm2 = try GroupNormLayer(channels: outputs, groups: groups, in: scope.child("norm2"))
    conv2 = try ConvolutionLayer(inputs: outputs, outputs: outputs, in: scope.child("conv2"))
    shortcut =
      inputs == outputs
      ? nil
      : try ConvolutionLayer(
        inputs: inputs, outputs: outputs, kernel: 1, in: scope.child("conv_shortcut"))
  }

  /// Maps `[B, inputs, H, W]` to `[B, outputs, H, W]`.
  func callAsFunction(_ x: Variable) -> Variable {
    let branch = conv2(silu(norm2(conv1(silu(norm1(x))))))
    return (shortcut?(x) ?? x) + branch
  }
}

/// The layers between encoder and latent, and between latent and decoder: a residual block, attention
/// over all pixels and another residual block (diffusers' `UNetMidBlock2D`).
struct MiddleBlock {
  private let attention: SpatialAttention
  private let first: ResidualBlock
  private let second: ResidualBlock

  /// Registers `attentions.0`, `resnets.0` and `resnets.1` under `scope`.
  init(channels: Int, groups: Int, keys: SpatialAttentionKeys, in scope: ParameterScope) throws {
    attention = try SpatialAttention(
      channels: channels, groups: groups, keys: keys, in: scope.child("attentions").child("0"))
    let blocks = try (0..<2).map {
      try ResidualBlock(
        inputs: channels, outputs: channels, groups: groups,
        in: scope.child("resnets").child("\($0)"))
    }
    (first, second) = (blocks[0], blocks[1])
  }

  /// Maps `[B, channels, H, W]` to itself.
  func callAsFunction(_ x: Variable) -> Variable { second(attention(first(x))) }
}

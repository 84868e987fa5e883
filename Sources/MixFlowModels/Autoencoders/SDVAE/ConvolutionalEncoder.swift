import MixFlowTensor

/// The encoder of Stable Diffusion's autoencoder (diffusers' `Encoder`).
struct ConvolutionalEncoder {
  private let input: ConvolutionLayer
  private let levels: [Level]
  private let middle: MiddleBlock
  private let norm: GroupNormLayer
  private let output: ConvolutionLayer

  private struct Level {
    let blocks: [ResidualBlock]
    let downsampler: ConvolutionLayer?
  }

  /// Registers the layers under `scope`.
  init(
    _ configuration: AutoencoderKLConfiguration, keys: SpatialAttentionKeys,
    in scope: ParameterScope
  ) throws {
    let (widths, groups) = (configuration.blockWidths, configuration.groups)
    let innermost = widths[widths.count - 1]
    input = try ConvolutionLayer(
      inputs: configuration.imageChannels, outputs: widths[0], in: scope.child("conv_in"))
    levels = try widths.enumerated().map { level, width in
      let scope = scope.child("down_blocks").child("\(level)")
      let blocks = try (0..<configuration.layersPerBlock).map { index in
        try ResidualBlock(
          inputs: index == 0 ? widths[max(0, level - 1)] : width, outputs: width, groups: groups,
          in: scope.child("resnets").child("\(index)"))
      }
      // The zeros lie to the right and below alone, as TensorFlow pads.
      let downsampler =
        level == widths.count - 1
        ? nil
        : try ConvolutionLayer(
          inputs: width, outputs: width, stride: 2,
          padding: ConvolutionPadding(bottom: 1, right: 1),
          in: scope.child("downsamplers").child("0").child("conv"))
      return Level(blocks: blocks, downsampler: downsampler)
    }
    middle = try MiddleBlock(
      channels: innermost, groups: groups, keys: keys, in: scope.child("mid_block"))
    norm = try GroupNormLayer(
      channels: innermost, groups: groups, in: scope.child("conv_norm_out"))
    output = try ConvolutionLayer(
      inputs: innermost, outputs: 2 * configuration.latentChannels, in: scope.child("conv_out"))
  }

  /// Maps pictures `[B, 3, H, W]` to `[B, 2 C, H / r, W / r]`.
  func callAsFunction(_ images: Variable) -> Variable {
    var x = input(images)
    for level in levels {
      for block in level.blocks { x = block(x) }
      if let downsampler = level.downsampler { x = downsampler(x) }
    }
    return output(silu(norm(middle(x))))
  }
}

import MixFlowTensor

/// The decoder of Stable Diffusion's autoencoder (diffusers' `Decoder`).
struct ConvolutionalDecoder {
  private let input: ConvolutionLayer
  private let middle: MiddleBlock
  private let levels: [Level]
  private let norm: GroupNormLayer
  private let output: ConvolutionLayer

  private struct Level {
    let blocks: [ResidualBlock]
    let upsampler: ConvolutionLayer?
  }

  /// Registers the layers under `scope`.
  init(
    _ configuration: AutoencoderKLConfiguration, keys: SpatialAttentionKeys,
    in scope: ParameterScope
  ) throws {
    let widths = Array(configuration.blockWidths.reversed())
    let groups = configuration.groups
    let outermost = widths[widths.count - 1]
    input = try ConvolutionLayer(
      inputs: configuration.latentChannels, outputs: widths[0], in: scope.child("conv_in"))
    levels = try widths.enumerated().map { level, width in
      let scope = scope.child("up_blocks").child("\(level)")
      let blocks = try (0...configuration.layersPerBlock).map { index in
        try ResidualBlock(
          inputs: index == 0 ? widths[max(0, level - 1)] : width, outputs: width, groups: groups,
          in: scope.child("resnets").child("\(index)"))
      }
      let upsampler =
        level == widths.count - 1
        ? nil
        : try ConvolutionLayer(
          inputs: width, outputs: width, in: scope.child("upsamplers").child("0").child("conv"))
      return Level(blocks: blocks, upsampler: upsampler)
    }
    middle = try MiddleBlock(
      channels: widths[0], groups: groups, keys: keys, in: scope.child("mid_block"))
    norm = try GroupNormLayer(
      channels: outermost, groups: groups, in: scope.child("conv_norm_out"))
    output = try ConvolutionLayer(
      inputs: outermost, outputs: configuration.imageChannels, in: scope.child("conv_out"))
  }

  /// Maps `[B, C, h, w]` to pictures `[B, 3, r h, r w]`.
  func callAsFunction(_ z: Variable) -> Variable {
    var x = middle(input(z))
    for level in levels {
      for block in level.blocks { x = block(x) }
      if let upsampler = level.upsampler { x = upsampler(upsampleNearest2x(x)) }
    }
    return output(silu(norm(x)))
  }
}

import MixFlowTensor

/// How each operation of the golden file is written with ours, from inputs in the file's order.
enum OperationRunners {
  typealias Runner = @Sendable ([Variable]) -> Variable

  static let all: [String: Runner] = [
    "layernorm_eps1e-6": { layerNorm($0[0], weight: nil, bias: nil, eps: 1e-6) },
    "layernorm_affine_eps1e-5": { layerNorm($0[0], weight: $0[1], bias: $0[2], eps: 1e-5) },
    "layernorm_affine_eps1e-12": { layerNorm($0[0], weight: $0[1], bias: $0[2], eps: 1e-12) },
    "rmsnorm_eps1e-6": { rmsNorm($0[0], weight: $0[1], eps: 1e-6) },
    "groupnorm4_eps1e-6": {
      groupNorm($0[0], groups: 4, weight: $0[1], bias: $0[2], eps: 1e-6)
    },
    "l2normalize": { l2Normalize($0[0], eps: 1e-12) },
    "gelu_tanh": { gelu($0[0], form: .tanh) },
    "gelu_erf": { gelu($0[0], form: .erf) },
    "silu": { silu($0[0]) },
    "softmax": { softmax($0[0]) },
    "conv3x3_p1": {
      convolution($0[0], weight: $0[1], bias: $0[2], padding: ConvolutionPadding(1))
    },
    "conv3x3_s2_pad0101": {
      convolution(
        $0[0], weight: $0[1], bias: $0[2], stride: 2,
        padding: ConvolutionPadding(bottom: 1, right: 1))
    },
    "patch_conv_p2": patchConvolution,
    "nearest2x": { upsampleNearest2x($0[0]) },
    "sdpa": separateAttention,
    "timm_attention": { selfAttention($0, heads: 3) },
    "swiglu": {
      linear(
        swiGLU(linear($0[0], weight: $0[1], bias: $0[2])), weight: $0[3], bias: $0[4])
    },
  ]

  /// A convolution whose kernels do not overlap: rows of patches through a linear layer.
  private static func patchConvolution(_ inputs: [Variable]) -> Variable {
    let (images, weight, bias) = (inputs[0], inputs[1], inputs[2])
    let patch = weight.shape[2]
    let (outputs, depth) = (weight.shape[0], weight.value.count / weight.shape[0])
    let tokens = linear(
      patchify(images, patch: patch), weight: reshape(weight, [outputs, depth]), bias: bias)
    return unpatchify(
      tokens, patch: 1, channels: outputs, height: images.shape[2] / patch,
      width: images.shape[3] / patch)
  }

  /// Attention of `[B, H, T, d]`: each head of each sample is a sample of one head.
  private static func separateAttention(_ inputs: [Variable]) -> Variable {
    let shape = inputs[0].shape
    let flat = inputs.map { reshape($0, [shape[0] * shape[1], shape[2], shape[3]]) }
    return reshape(attention(query: flat[0], key: flat[1], value: flat[2], heads: 1), shape)
  }

  private static func selfAttention(_ inputs: [Variable], heads: Int) -> Variable {
    let qkv = linear(inputs[0], weight: inputs[1], bias: inputs[2])
    return linear(attention(qkv, heads: heads), weight: inputs[3], bias: inputs[4])
  }
}

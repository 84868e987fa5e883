import MixFlowTensor

/// A row for each differentiable operation of `MixFlowTensor`, more where it has branches.
let gradientTable: [GradientCase] =
  arithmeticCases + activationCases + linearCases + normalizationCases + attentionCases
  + imageCases + embeddingCases + segmentCases

private let arithmeticCases: [GradientCase] = [
  GradientCase("+", [[2, 3], [2, 3]]) { $0[0] + $0[1] },
  GradientCase("-", [[2, 3], [2, 3]]) { $0[0] - $0[1] },
  GradientCase("*", [[2, 3], [2, 3]]) { $0[0] * $0[1] },
  GradientCase("*", detail: "of one variable", [[2, 3]]) { $0[0] * $0[0] },
  GradientCase("reshape", [[2, 3]]) { reshape($0[0], [3, 2]) },
  GradientCase("chunk", [[2, 2, 6]]) { chunk($0[0], 1, of: 3) },
  GradientCase("sum", [[2, 3]]) { sum($0[0]) },
  GradientCase("meanSquaredError", [[2, 3]]) {
    meanSquaredError($0[0], target: Tensor([1, -2, 3, -4, 5, -6], shape: [2, 3]))
  },
  GradientCase("meanSquaredError", detail: "weighted", [[2, 3]]) {
    meanSquaredError(
      $0[0], target: Tensor([1, -2, 3, -4, 5, -6], shape: [2, 3]), weights: [0.5, 3])
  },
]

private let activationCases: [GradientCase] = [
  GradientCase("silu", [[21]], deviation: 2) { silu($0[0]) },
  GradientCase("gelu", detail: "tanh", [[21]], deviation: 2) { gelu($0[0], form: .tanh) },
  GradientCase("gelu", detail: "erf", [[21]], deviation: 2) { gelu($0[0], form: .erf) },
  GradientCase("swiGLU", [[3, 2, 10]]) { swiGLU($0[0]) },
  GradientCase("softmax", [[3, 5]]) { softmax($0[0]) },
]

private let linearCases: [GradientCase] = [
  GradientCase("linear", [[2, 3, 4], [5, 4], [5]]) {
    linear($0[0], weight: $0[1], bias: $0[2])
  },
  GradientCase("linear", detail: "one row each", [[3, 4], [5, 4], [5]]) {
    linear($0[0], weight: $0[1], bias: $0[2])
  },
  GradientCase("linear", detail: "without bias", [[2, 3, 4], [5, 4]]) {
    linear($0[0], weight: $0[1], bias: nil)
  },
  GradientCase("linearGELU", [[2, 3, 4], [5, 4], [5]], deviation: 0.7) {
    linearGELU($0[0], weight: $0[1], bias: $0[2])
  },
]

private let normalizationCases: [GradientCase] = [
  GradientCase("layerNormModulate", [[2, 3, 5], [2, 20]]) {
    layerNormModulate($0[0], modulation: $0[1], shift: 2, scale: 1)
  },
  GradientCase("layerNormModulate", detail: "several pieces", [[2, 35, 3], [2, 6]]) {
    layerNormModulate($0[0], modulation: $0[1], shift: 0, scale: 1, eps: 0.1)
  },
  GradientCase("layerNormModulate", detail: "by token", [[2, 3, 5], [2, 3, 10]]) {
    layerNormModulate($0[0], modulation: $0[1], shift: 1, scale: 0)
  },
  GradientCase("rmsNormModulate", [[2, 3, 5], [5], [2, 20]]) {
    rmsNormModulate($0[0], weight: $0[1], modulation: $0[2], shift: 2, scale: 1, eps: 0.1)
  },
  GradientCase("rmsNormModulate", detail: "by token", [[2, 3, 5], [5], [2, 3, 10]]) {
    rmsNormModulate($0[0], weight: $0[1], modulation: $0[2], shift: 0, scale: 1, eps: 0.1)
  },
  GradientCase("rmsNormModulate", detail: "several pieces", [[2, 35, 3], [3], [2, 6]]) {
    rmsNormModulate($0[0], weight: $0[1], modulation: $0[2], shift: 0, scale: 1, eps: 0.1)
  },
  GradientCase("gatedResidual", [[2, 3, 4], [2, 3, 4], [2, 12]]) {
    gatedResidual($0[0], $0[1], modulation: $0[2], gate: 2)
  },
  GradientCase("gatedResidual", detail: "several pieces", [[2, 35, 2], [2, 35, 2], [2, 4]]) {
    gatedResidual($0[0], $0[1], modulation: $0[2], gate: 0)
  },
  GradientCase("gatedResidual", detail: "by token", [[2, 3, 4], [2, 3, 4], [2, 3, 12]]) {
    gatedResidual($0[0], $0[1], modulation: $0[2], gate: 1)
  },
  GradientCase("addRows", [[2, 35, 3], [2, 3]]) { addRows($0[0], $0[1]) },
  GradientCase("layerNorm", [[2, 3, 5], [5], [5]]) {
    layerNorm($0[0], weight: $0[1], bias: $0[2], eps: 0.1)
  },
  GradientCase("layerNorm", detail: "plain", [[2, 3, 5]]) {
    layerNorm($0[0], weight: nil, bias: nil, eps: 0.1)
  },
  GradientCase("rmsNorm", [[2, 3, 5], [5]]) { rmsNorm($0[0], weight: $0[1], eps: 0.1) },
  GradientCase("rmsNorm", detail: "several pieces", [[70, 2], [2]]) {
    rmsNorm($0[0], weight: $0[1], eps: 0.1)
  },
  GradientCase("l2Normalize", [[4, 5]]) { l2Normalize($0[0]) },
  GradientCase("l2Normalize", detail: "shorter than eps", [[4, 5]]) { l2Normalize($0[0], eps: 20) },
  GradientCase("alignmentLoss", [[2, 3, 4]]) {
    alignmentLoss($0[0], target: alignmentTarget)
  },
  GradientCase("alignmentLoss", detail: "weighted", [[2, 3, 4]]) {
    alignmentLoss($0[0], target: alignmentTarget, weights: [0.5, 3])
  },
  GradientCase("groupNorm", [[2, 6, 2, 3], [6], [6]]) {
    groupNorm($0[0], groups: 3, weight: $0[1], bias: $0[2], eps: 0.1)
  },
]

private let alignmentTarget = Tensor((0..<24).map { Float($0 * 7 % 5) - 1.5 }, shape: [2, 3, 4])

private let attentionCases: [GradientCase] = [
  GradientCase("attention", detail: "packed", [[2, 5, 12]]) { attention($0[0], heads: 2) },
  GradientCase("attention", detail: "separate", [[2, 5, 4], [2, 5, 4], [2, 5, 4]]) {
    attention(query: $0[0], key: $0[1], value: $0[2], heads: 2)
  },
  GradientCase(
    "attention", detail: "several tiles", [[1, 259, 2], [1, 259, 2], [1, 259, 2]], deviation: 2
  ) {
    attention(query: $0[0], key: $0[1], value: $0[2], heads: 1)
  },
  GradientCase("rotate", [[2, 4, 8]]) {
    rotate($0[0], by: RotaryTable(headWidth: 4, grid: 2))
  },
  GradientCase("rotate", detail: "leading heads", [[2, 4, 12]]) {
    rotate($0[0], by: RotaryTable(headWidth: 4, grid: 2), leadingHeads: 2)
  },
]

private let imageCases: [GradientCase] = [
  GradientCase("patchify", [[2, 3, 4, 6]]) { patchify($0[0], patch: 2) },
  GradientCase("unpatchify", [[2, 6, 12]]) {
    unpatchify($0[0], patch: 2, channels: 3, height: 4, width: 6)
  },
  GradientCase("unpatchify", detail: "dropped channels", [[2, 6, 12]]) {
    unpatchify($0[0], patch: 2, channels: 2, height: 6, width: 4)
  },
  GradientCase("convolution", [[2, 2, 4, 5], [3, 2, 3, 3], [3]]) {
    convolution($0[0], weight: $0[1], bias: $0[2], padding: ConvolutionPadding(1))
  },
  GradientCase("convolution", detail: "stride 2", [[2, 2, 4, 6], [3, 2, 3, 3], [3]]) {
    convolution(
      $0[0], weight: $0[1], bias: $0[2], stride: 2,
      padding: ConvolutionPadding(bottom: 1, right: 1))
  },
  GradientCase("convolution", detail: "1 × 1", [[2, 3, 2, 2], [4, 3, 1, 1], [4]]) {
    convolution($0[0], weight: $0[1], bias: $0[2], padding: ConvolutionPadding())
  },
  GradientCase("upsampleNearest2x", [[1, 2, 3, 2]]) { upsampleNearest2x($0[0]) },
  GradientCase("resize", detail: "bilinear", [[1, 2, 4, 3]]) {
    resize($0[0], height: 3, width: 5, filter: .bilinear)
  },
  GradientCase("resize", detail: "bicubic", [[1, 2, 4, 3]]) {
    resize($0[0], height: 3, width: 5, filter: .bicubic)
  },
  GradientCase("resize", detail: "antialiased", [[1, 2, 4, 3]]) {
    resize($0[0], height: 3, width: 5, filter: .antialiasedBicubic)
  },
]

private let embeddingCases: [GradientCase] = [
  GradientCase("embedding", detail: "a row twice", [[4, 3]]) {
    embedding([2, 0, 2], table: $0[0])
  },
  GradientCase("addPositions", [[2, 3, 4], [1, 3, 4]]) { addPositions($0[0], $0[1]) },
  GradientCase("addPositions", detail: "three copies", [[2, 3, 4], [1, 3, 4]]) {
    addPositions($0[0], $0[1], copies: 3)
  },
  GradientCase("prepend", [[1, 2, 4], [3, 2, 4]]) { prepend($0[0], to: $0[1]) },
  GradientCase("tokens", [[2, 5, 3]]) { tokens($0[0], 1..<4) },
  GradientCase("fourierEmbedding", [[5]]) {
    fourierEmbedding([0.1, 0.4, 0.9], frequencies: $0[0])
  },
]

private let segmentCases: [GradientCase] = [
  GradientCase("checkpointed", [[2, 3, 4], [4, 4], [4], [2, 8]]) {
    checkpointed($0, on: $0.lazy.compactMap(\.tape).first) { inputs, _ in
      let x = layerNormModulate(inputs[0], modulation: inputs[3], shift: 0, scale: 1)
      return inputs[0] * linear(x, weight: inputs[1], bias: inputs[2])
    }
  },
  GradientCase("checkpointed", detail: "in another", [[2, 3], [2, 3]]) {
    checkpointed($0, on: $0.lazy.compactMap(\.tape).first) { outer, tape in
      outer[0] * checkpointed(outer, on: tape) { inner, _ in silu(inner[0]) * inner[1] }
    }
  },
]

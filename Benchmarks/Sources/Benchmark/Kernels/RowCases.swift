import MixFlowTensor

extension BlockShape {
  /// Normalisation, gates, activations and sums over the tokens of a block.
  var rowCases: [KernelCase] {
    normalizationCases + gateCases + activationCases + softmaxCases + [rowSumCase]
  }

  private var normalizationCases: [KernelCase] {
    let x = Tensor(repeating: 0.5, shape: [batch, tokens, width])
    let m = Tensor(repeating: 0.5, shape: [batch, 2 * width])
    return [
      KernelCase("layerNormModulate", operations: 8 * x.count, floats: 2 * x.count) {
        _ = layerNormModulate(
          Variable(constant: x), modulation: Variable(constant: m), shift: 0, scale: 1)
      },
      KernelCase(
        pullback: "layerNormModulate, backward", operations: 14 * x.count, floats: 3 * x.count
      ) {
        layerNormModulate($0.input(x), modulation: $0.input(m), shift: 0, scale: 1)
      },
    ]
  }

  private var gateCases: [KernelCase] {
    let x = Tensor(repeating: 0.5, shape: [batch, tokens, width])
    let m = Tensor(repeating: 0.5, shape: [batch, width])
    return [
      KernelCase("gatedResidual", operations: 2 * x.count, floats: 3 * x.count) {
        let x = Variable(constant: x)
        _ = gatedResidual(x, x, modulation: Variable(constant: m), gate: 0)
      },
      KernelCase(
        pullback: "gatedResidual, backward", operations: 3 * x.count, floats: 3 * x.count
      ) {
        gatedResidual(
          Variable(constant: x), $0.input(x), modulation: $0.input(m), gate: 0)
      },
    ]
  }

  private var activationCases: [KernelCase] {
    let x = Tensor(repeating: 0.5, shape: [batch, tokens, 4 * width])
    return [
      KernelCase("GELU", operations: 20 * x.count, floats: 2 * x.count) { _ = gelu(x) },
      KernelCase(pullback: "GELU, backward", operations: 30 * x.count, floats: 3 * x.count) {
        gelu($0.input(x))
      },
    ]
  }

  private var softmaxCases: [KernelCase] {
    let scores = Tensor(repeating: 0.5, shape: [batch * heads * tokens, tokens])
    return [
      KernelCase("softmax", operations: 20 * scores.count, floats: 2 * scores.count) {
        _ = softmax(scores)
      },
      KernelCase(
        pullback: "softmax, backward", operations: 4 * scores.count, floats: 3 * scores.count
      ) { softmax($0.input(scores)) },
    ]
  }

  /// The gradient of a bias.
  private var rowSumCase: KernelCase {
    let x = Variable(constant: Tensor(repeating: 0.5, shape: [batch, tokens, 16]))
    let weight = Variable(constant: Tensor(repeating: 0.5, shape: [4 * width, 16]))
    let bias = Tensor(repeating: 0.5, shape: [4 * width])
    let count = rows * bias.count
    return KernelCase(pullback: "sum of rows", operations: count, floats: count) {
      linear(x, weight: weight, bias: $0.input(bias))
    }
  }
}

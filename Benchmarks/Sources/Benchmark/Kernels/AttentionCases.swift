import MixFlowTensor

extension BlockShape {
  /// Attention and its pullback, which makes the scores again: only its four other products count.
  var attentionCases: [KernelCase] {
    let qkv = Tensor(repeating: 0.1, shape: [batch, tokens, 3 * width])
    let product = 2 * batch * tokens * tokens * width
    let output = rows * width
    return [
      KernelCase("attention", operations: 2 * product, floats: 4 * output) {
        [heads] in _ = attention(Variable(constant: qkv), heads: heads)
      },
      KernelCase(pullback: "attention, backward", operations: 4 * product, floats: 8 * output) {
        [heads] in attention($0.input(qkv), heads: heads)
      },
    ]
  }
}

import MixFlowTensor

extension BlockShape {
  /// The matrix products of the block's linear layers, and that of adaLN, whose rows are samples.
  ///
  /// NT is the forward product `x Wᵀ`, NN the gradient of the input, TN that of the weight.
  var productCases: [KernelCase] {
    let layers = [
      ("qkv", width, 3 * width), ("proj", width, width), ("fc1", width, 4 * width),
      ("fc2", 4 * width, width),
    ]
    return layers.flatMap { productCases($0.0, inputs: $0.1, outputs: $0.2) }
      + [feedForwardCase, modulationCase]
  }

  private func productCases(_ layer: String, inputs: Int, outputs: Int) -> [KernelCase] {
    let x = Tensor(repeating: 0.5, shape: [batch, tokens, inputs])
    let weight = Tensor(repeating: 0.5, shape: [outputs, inputs])
    let operations = 2 * rows * inputs * outputs
    let floats = x.count + weight.count + rows * outputs
    return [
      KernelCase("\(layer) NT", operations: operations, floats: floats) {
        _ = linear(x, weight: weight, bias: nil)
      },
      KernelCase(pullback: "\(layer) NN", operations: operations, floats: floats) {
        linear($0.input(x), weight: Variable(constant: weight), bias: nil)
      },
      KernelCase(pullback: "\(layer) TN", operations: operations, floats: floats) {
        linear(Variable(constant: x), weight: $0.input(weight), bias: nil)
      },
    ]
  }

  /// The first layer of the feed-forward network with its bias and GELU.
  private var feedForwardCase: KernelCase {
    let x = Variable(constant: Tensor(repeating: 0.5, shape: [batch, tokens, width]))
    let weight = Variable(constant: Tensor(repeating: 0.01, shape: [4 * width, width]))
    let bias = Variable(constant: Tensor(repeating: 0.5, shape: [4 * width]))
    return KernelCase(
      "fc1, bias, GELU", operations: rows * 4 * width * (2 * width + 21),
      floats: x.value.count + weight.value.count + rows * 8 * width
    ) { _ = linearGELU(x, weight: weight, bias: bias) }
  }

  private var modulationCase: KernelCase {
    let c = Tensor(repeating: 0.5, shape: [batch, width])
    let weight = Tensor(repeating: 0.5, shape: [6 * width, width])
    return KernelCase(
      "adaLN NT", operations: 2 * batch * weight.count,
      floats: weight.count + c.count + batch * 6 * width
    ) { _ = linear(c, weight: weight, bias: nil) }
  }
}

import MixFlowTensor

extension BlockShape {
  /// What is done to the largest parameter of a block, and to its gradient.
  var parameterCases: [KernelCase] {
    let zeros = Tensor(zeros: [4 * width, width])
    let count = zeros.count
    return [
      adamWCase,
      KernelCase("squared norm", operations: 2 * count, floats: count) {
        _ = zeros.squaredNorm()
      },
      KernelCase("sum of tensors", operations: count, floats: 3 * count) { _ = zeros + zeros },
      KernelCase("copy", operations: 0, floats: 2 * count) {
        var copy = zeros
        copy.withUnsafeMutableBufferPointer { _ in }
      },
    ]
  }

  private var adamWCase: KernelCase {
    var (parameter, first, second, average) = (
      Tensor(zeros: [4 * width, width]), Tensor(zeros: [4 * width, width]),
      Tensor(zeros: [4 * width, width]), Tensor(zeros: [4 * width, width])
    )
    let gradient = Tensor(repeating: 0.01, shape: parameter.shape)
    let coefficients = AdamWCoefficients(
      step: 100, learningRate: 1e-4, betas: (0.9, 0.999), eps: 1e-8, weightDecay: 0,
      gradientScale: 1, emaDecay: 0.9999)
    return KernelCase(
      "AdamW and EMA", operations: 18 * gradient.count, floats: 9 * gradient.count
    ) {
      adamWUpdate(
        &parameter, gradient: gradient, first: &first, second: &second, average: &average,
        coefficients: coefficients)
    }
  }
}

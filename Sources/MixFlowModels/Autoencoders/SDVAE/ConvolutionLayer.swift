import MixFlowTensor

/// A convolution with a square kernel.
struct ConvolutionLayer {
  private let weight: Parameter
  private let bias: Parameter
  private let stride: Int
  private let padding: ConvolutionPadding

  /// Registers `weight` `[outputs, inputs, kernel, kernel]` and `bias` `[outputs]` under `scope`.
  ///
  /// - Parameters:
  ///   - inputs: The channels that it takes.
  ///   - outputs: The channels that it makes.
  ///   - kernel: The side of the kernel.
  ///   - stride: The distance between kernels.
  ///   - padding: The zeros around a picture; by default as many as keep its size.
  ///   - scope: Where the parameters belong.
  /// - Throws: What the source of the parameters throws.
  init(
    inputs: Int, outputs: Int, kernel: Int = 3, stride: Int = 1,
    padding: ConvolutionPadding? = nil, in scope: ParameterScope
  ) throws {
    let bound = 1 / Float(inputs * kernel * kernel).squareRoot()
    weight = try scope.parameter(
      "weight", shape: [outputs, inputs, kernel, kernel], initializer: .uniform(bound: bound))
    bias = try scope.parameter("bias", shape: [outputs], initializer: .zeros)
    self.stride = stride
    self.padding = padding ?? ConvolutionPadding(kernel / 2)
  }

  /// Maps `[B, inputs, H, W]` to `[B, outputs, H', W']`.
  func callAsFunction(_ x: Variable) -> Variable {
    convolution(
      x, weight: weight.variable(on: nil), bias: bias.variable(on: nil), stride: stride,
      padding: padding)
  }
}

/// A group normalisation with a gain and a shift for each channel.
struct GroupNormLayer {
  private let weight: Parameter
  private let bias: Parameter
  private let groups: Int

  /// Registers `weight` and `bias`, `[channels]`, under `scope`.
  init(channels: Int, groups: Int, in scope: ParameterScope) throws {
    weight = try scope.parameter("weight", shape: [channels], initializer: .ones)
    bias = try scope.parameter("bias", shape: [channels], initializer: .zeros)
    self.groups = groups
  }

  /// Maps `[B, channels, H, W]` to itself.
  func callAsFunction(_ x: Variable) -> Variable {
    groupNorm(
      x, groups: groups, weight: weight.variable(on: nil), bias: bias.variable(on: nil), eps: 1e-6)
  }
}

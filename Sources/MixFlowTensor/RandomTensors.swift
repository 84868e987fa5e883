#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Philox {
  /// Returns a number in `[0, 1)`, a multiple of 2⁻²⁴.
  public mutating func nextUniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

  /// Returns two independent standard normal numbers (Box and Muller, 1958), computed in double.
  public mutating func nextNormalPair() -> (Float, Float) {
    let u = (Double(nextWord()) + 0.5) * 0x1p-32
    let v = Double(nextWord()) * 0x1p-32
    let radius = sqrt(-2 * log(u))
    return (Float(radius * cos(2 * .pi * v)), Float(radius * sin(2 * .pi * v)))
  }

  /// Fills `buffer` with independent standard normal numbers.
  public mutating func fillNormal(_ buffer: UnsafeMutableBufferPointer<Float>) {
    for index in stride(from: 0, to: buffer.count, by: 2) {
      let pair = nextNormalPair()
      buffer[index] = pair.0
      if index + 1 < buffer.count { buffer[index + 1] = pair.1 }
    }
  }
}

extension Tensor {
  /// Creates a tensor of independent standard normal numbers.
  public init(normal shape: [Int], using generator: inout Philox) {
    self.init(shape: shape) { generator.fillNormal($0) }
  }

  /// Creates a tensor of numbers from `U[-bound, bound)`.
  public init(uniform shape: [Int], bound: Float, using generator: inout Philox) {
    self.init(shape: shape) { buffer in
      for index in buffer.indices { buffer[index] = (2 * generator.nextUniform() - 1) * bound }
    }
  }
}

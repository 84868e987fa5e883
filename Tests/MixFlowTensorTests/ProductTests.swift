import MixFlowTensor
import MixFlowTestSupport
import Testing

/// The three products of a linear layer, `x Wᵀ`, `dy W` and `dyᵀ x`, against sums in double.
///
/// Sizes lie on both sides of tiles (6 or 14 rows, 16 or 32 columns), of blocks, and of the pieces
/// of 256 that long sums are cut into, with more rows than columns and fewer.
@Suite struct ProductTests {
  struct Size: CustomTestStringConvertible, Sendable {
    let rows: Int
    let outputs: Int
    let inputs: Int
    var testDescription: String { "\(rows) x \(outputs) x \(inputs)" }
  }

  static let sizes = [
    Size(rows: 2, outputs: 3, inputs: 1), Size(rows: 5, outputs: 15, inputs: 7),
    Size(rows: 6, outputs: 16, inputs: 8), Size(rows: 7, outputs: 17, inputs: 9),
    Size(rows: 14, outputs: 32, inputs: 16), Size(rows: 15, outputs: 33, inputs: 255),
    Size(rows: 127, outputs: 24, inputs: 256), Size(rows: 128, outputs: 40, inputs: 257),
    Size(rows: 20, outputs: 300, inputs: 130), Size(rows: 300, outputs: 72, inputs: 64),
    Size(rows: 600, outputs: 31, inputs: 49), Size(rows: 33, outputs: 520, inputs: 530),
  ]

  @Test(arguments: sizes)
  func matchDouble(size: Size) {
    let (rows, outputs, inputs) = (size.rows, size.outputs, size.inputs)
    var generator = Philox(seed: 8)
    let x = Tensor(normal: [1, rows, inputs], using: &generator)
    let weight = Tensor(normal: [outputs, inputs], using: &generator)
    let dy = Tensor(normal: [1, rows, outputs], using: &generator)
    let tape = Tape()
    let (input, kernel) = (tape.input(x), tape.input(weight))
    let y = linear(input, weight: kernel, bias: nil)
    tape.backward(from: y, gradient: dy)

    let (x0, w0, d0) = (x.array, weight.array, dy.array)
    let expectedY = matrix(rows, outputs, inputs) {
      Double(x0[$0 * inputs + $2]) * Double(w0[$1 * inputs + $2])
    }
    let expectedX = matrix(rows, inputs, outputs) {
      Double(d0[$0 * outputs + $2]) * Double(w0[$2 * inputs + $1])
    }
    let expectedW = matrix(outputs, inputs, rows) {
      Double(d0[$2 * outputs + $0]) * Double(x0[$2 * inputs + $1])
    }
    expectClose(doubles(y.value), expectedY, relativeToMax: 1e-6, "y")
    expectClose(
      doubles(input.gradient), expectedX, relativeToMax: 1e-6, "dx")
    expectClose(
      doubles(kernel.gradient), expectedW, relativeToMax: 1e-6, "dW")
  }

  /// A second backward pass adds to the gradient of a parameter, in every piece of a long sum.
  @Test func gradientsOfAParameterAddUp() {
    var generator = Philox(seed: 9)
    let x = Tensor(normal: [1, 600, 40], using: &generator)
    let dy = Tensor(normal: [1, 600, 50], using: &generator)
    let weight = Parameter(name: "w", value: Tensor(normal: [50, 40], using: &generator))
    func backward() {
      let tape = Tape()
      let y = linear(Variable(constant: x), weight: weight.variable(on: tape), bias: nil)
      tape.backward(from: y, gradient: dy)
    }
    backward()
    let once = doubles(weight.gradient)
    backward()
    expectClose(
      doubles(weight.gradient), once.map { 2 * $0 }, relativeToMax: 1e-6)
  }

  private func doubles(_ x: Tensor?) -> [Double] {
    guard let x else { return [] }
    return x.array.map { Double($0) }
  }

  private func matrix(
    _ rows: Int, _ columns: Int, _ depth: Int, term: (Int, Int, Int) -> Double
  ) -> [Double] {
    (0..<rows).flatMap { row in
      (0..<columns).map { column in
        (0..<depth).reduce(0.0) { $0 + term(row, column, $1) }
      }
    }
  }
}

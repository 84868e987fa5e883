import MixFlowTensor
import Testing

/// One row of the gradient table: an operation at random inputs of small shapes.
struct GradientCase: CustomTestStringConvertible, Sendable {
  /// The name of the operation as the sources declare it.
  let operation: String
  /// What this row is about, where an operation has several.
  let detail: String
  let shapes: [[Int]]
  /// The standard deviation of the inputs.
  let deviation: Float
  let run: @Sendable ([Variable]) -> Variable

  init(
    _ operation: String, detail: String = "", _ shapes: [[Int]], deviation: Float = 1,
    run: @escaping @Sendable ([Variable]) -> Variable
  ) {
    self.operation = operation
    self.detail = detail
    self.shapes = shapes
    self.deviation = deviation
    self.run = run
  }

  var testDescription: String { detail.isEmpty ? operation : "\(operation), \(detail)" }

  /// The inputs, the same in each run.
  var inputs: [Tensor] {
    var generator = Philox(seed: 1, stream: UInt64(operation.utf8.count + detail.utf8.count))
    return shapes.map { deviation * Tensor(normal: $0, using: &generator) }
  }

  /// The gradient of the objective by the result, so that no two elements weigh the same.
  func outputGradient(shape: [Int]) -> Tensor {
    var generator = Philox(seed: 2)
    return Tensor(normal: shape, using: &generator)
  }
}

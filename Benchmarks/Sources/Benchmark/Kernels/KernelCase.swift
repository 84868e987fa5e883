import MixFlowTensor

/// A kernel with the work that it has to do, ready to be timed.
struct KernelCase {
  let name: String
  /// The floating-point operations of one run; of `exp` and `tanh`, those of their polynomials.
  let operations: Double
  /// The bytes that one run must at least read and write.
  let bytes: Double
  /// Gets one run ready; what it returns is timed.
  let prepare: () -> () -> Void

  /// Describes a kernel that needs no preparation.
  init(
    _ name: String, operations: Int, floats: Int, run: @escaping () -> Void
  ) {
    self.init(name, operations: operations, floats: floats, preparing: { run })
  }

  /// Describes the pullback of an operation.
  ///
  /// - Parameters:
  ///   - name: What to call it.
  ///   - operations: The floating-point operations of the pullback.
  ///   - floats: The numbers that it must read and write.
  ///   - operation: Records the operation on a tape; its gradient is one of ones.
  init(
    pullback name: String, operations: Int, floats: Int,
    of operation: @escaping (Tape) -> Variable
  ) {
    let gradient = Tensor(repeating: 1, shape: operation(Tape()).shape)
    self.init(name, operations: operations, floats: floats) {
      let tape = Tape()
      let output = operation(tape)
      return { tape.backward(from: output, gradient: gradient) }
    }
  }

  private init(
    _ name: String, operations: Int, floats: Int, preparing prepare: @escaping () -> () -> Void
  ) {
    self.name = name
    self.operations = Double(operations)
    bytes = 4 * Double(floats)
    self.prepare = prepare
  }
}

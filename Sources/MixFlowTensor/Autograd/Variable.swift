/// A tensor that knows where on a tape it came from, or a constant.
public struct Variable {
  /// The value.
  public let value: Tensor
  let node: Node?

  init(value: Tensor, node: Node?) {
    self.value = value
    self.node = node
  }

  /// Wraps a tensor that has no gradient.
  public init(constant value: Tensor) {
    self.init(value: value, node: nil)
  }

  /// Whether a backward pass sends a gradient here.
  public var needsGradient: Bool { node != nil }

  /// The tape that it is recorded on.
  package var tape: Tape? { node?.tape }

  /// The gradient that a backward pass left here, for inputs of a tape.
  public var gradient: Tensor? { node?.gradient }

  /// The sizes of the dimensions.
  public var shape: [Int] { value.shape }

  /// Returns a variable computed from this one alone.
  ///
  /// - Parameters:
  ///   - value: The result of the operation.
  ///   - pullback: Maps the gradient of the result to that of this variable; it must capture the
  ///     arrays it needs, no more.
  /// - Returns: The result; a constant when this variable is one.
  public func derive(_ value: Tensor, pullback: @escaping (Tensor) -> Tensor) -> Variable {
    // The closure holds the node alone: where no pullback needs this value, it leaves memory.
    Variable.derive(value, from: [self]) { [node, shape] gradient in
      node?.accumulate(pullback(gradient), shape: shape)
    }
  }

  /// Returns a variable computed from several others; `pullback` sends each its gradient.
  static func derive(
    _ value: Tensor, from inputs: [Variable], pullback: @escaping (Tensor) -> Void
  ) -> Variable {
    guard let tape = inputs.lazy.compactMap(\.node).first?.tape else {
      return Variable(constant: value)
    }
    return tape.record(value, pullback: pullback)
  }

  /// Adds a gradient; it is not computed for a constant.
  func accumulate(_ gradient: @autoclosure () -> Tensor) {
    node?.accumulate(gradient(), shape: shape)
  }

  /// Lets `body` write into the gradient in place.
  ///
  /// `body` receives the memory and whether it holds a sum already (`+=`) or nothing yet (`=`).
  func updateGradient(writing body: (SharedOutput, _ hasSum: Bool) -> Void) {
    node?.updateGradient { sum in
      if sum == nil {
        sum = Tensor(shape: value.shape) { (base: SharedOutput) in body(base, false) }
      } else {
        sum?.withOutput { body($0, true) }
      }
    }
  }

  /// Lets `body` add into the gradient in place; the memory holds zeros at first.
  func addToGradient(_ body: (SharedOutput) -> Void) {
    node?.updateGradient { sum in
      if sum == nil { sum = Tensor(zeros: value.shape) }
      sum?.withOutput(body)
    }
  }
}

/// The list of operations whose gradients are wanted, in the order they ran.
///
/// A tape serves one backward pass: ``backward(from:gradient:)`` walks it from the end and frees
/// each record as it goes, so that activations leave memory as soon as they are used.
public final class Tape {
  private var nodes: [Node] = []
  private var leaves: [ObjectIdentifier: Node] = [:]

  /// Creates an empty tape.
  public init() {}

  /// Makes `tensor` an input whose gradient can be asked for after the backward pass.
  public func input(_ tensor: Tensor) -> Variable {
    Variable(value: tensor, node: append(Node(tape: self)))
  }

  /// Adds the gradient of `output` to the inputs and parameters that it was computed from.
  ///
  /// - Parameters:
  ///   - output: A variable recorded on this tape.
  ///   - gradient: The derivative of the objective by `output`; ones when nil.
  public func backward(from output: Variable, gradient: Tensor? = nil) {
    profiledPass(.backward) {
      output.accumulate(gradient ?? Tensor(repeating: 1, shape: output.value.shape))
      while let node = nodes.popLast() { node.propagate() }
      leaves.removeAll()
    }
  }

  func leaf(for parameter: Parameter) -> Variable {
    let node = leaves[ObjectIdentifier(parameter)] ?? append(Node(tape: self, leaf: parameter))
    leaves[ObjectIdentifier(parameter)] = node
    return Variable(value: parameter.value, node: node)
  }

  func append(_ node: Node) -> Node {
    nodes.append(node)
    return node
  }
}

/// The place of one value on a tape: its gradient so far, and how to send it on.
final class Node {
  unowned let tape: Tape
  private let parameter: Parameter?
  private var pullback: ((Tensor) -> Void)?
  private var ownGradient: Tensor?

  init(tape: Tape, leaf parameter: Parameter? = nil, pullback: ((Tensor) -> Void)? = nil) {
    self.tape = tape
    self.parameter = parameter
    self.pullback = pullback
  }

  var gradient: Tensor? { parameter == nil ? ownGradient : parameter?.gradient }

  /// Hands the gradient out for a change in place; while it is out, nothing else owns it.
  func updateGradient(_ update: (inout Tensor?) -> Void) {
    var gradient: Tensor?
    if let parameter {
      swap(&gradient, &parameter.gradient)
      update(&gradient)
      swap(&gradient, &parameter.gradient)
    } else {
      swap(&gradient, &ownGradient)
      update(&gradient)
      swap(&gradient, &ownGradient)
    }
  }

  func propagate() {
    guard let pullback else { return }
    self.pullback = nil
    guard let gradient = ownGradient else { return }
    ownGradient = nil
    pullback(gradient)
  }
}

/// The list of operations whose gradients are wanted, in the order they ran.
///
/// A tape serves one backward pass: ``backward(from:gradient:)`` walks it from the end and frees
/// each record as it goes, so that activations leave memory as soon as they are used.
public final class Tape {
  /// What is kept of a network's blocks until the backward pass.
  public enum Activations: Sendable {
    /// All that pullbacks need.
    case kept
    /// The inputs of each block and what its products give, the hidden layer of the MLP excepted; the
    /// backward pass computes the rest again, in the same bits.
    case selective
    /// The inputs of each block; the backward pass computes the rest again, in the same bits.
    case recomputed
  }

  /// What models keep of their blocks on this tape.
  public let activations: Activations
  /// What the runs of a checkpointed segment share, on their tapes.
  let replay: Replay?
  let onFinalGradient: ((Parameter) -> Void)?
  private let isRecording: Bool
  private var nodes: [Node] = []
  private var leaves: [ObjectIdentifier: Node] = [:]

  /// Creates an empty tape.
  ///
  /// - Parameters:
  ///   - activations: What models keep of their blocks.
  ///   - onFinalGradient: Called in the backward pass for each parameter as soon as its gradient is
  ///     complete and nothing needs its value any more, so that it may be updated and its gradient
  ///     freed. A parameter used both inside and outside of a checkpointed segment, or in two of
  ///     them, is reported for each.
  public convenience init(
    activations: Activations = .kept, onFinalGradient: ((Parameter) -> Void)? = nil
  ) {
    self.init(
      activations: activations, isRecording: true, replay: nil, onFinalGradient: onFinalGradient)
  }

  init(
    activations: Activations, isRecording: Bool, replay: Replay?,
    onFinalGradient: ((Parameter) -> Void)?
  ) {
    self.activations = activations
    self.isRecording = isRecording
    self.replay = replay
    self.onFinalGradient = onFinalGradient
  }

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
      while let node = nodes.popLast() {
        node.propagate()
        if let parameter = node.parameter { onFinalGradient?(parameter) }
      }
      leaves.removeAll()
    }
  }

  func leaf(for parameter: Parameter) -> Variable {
    guard isRecording else { return Variable(constant: parameter.value) }
    let node =
      leaves[ObjectIdentifier(parameter)] ?? append(Node(tape: self, sum: .parameter(parameter)))
    leaves[ObjectIdentifier(parameter)] = node
    return Variable(value: parameter.value, node: node)
  }

  /// Records a value and how to send its gradient on.
  func record(_ value: Tensor, pullback: @escaping (Tensor) -> Void) -> Variable {
    Variable(value: value, node: append(Node(tape: self, pullback: pullback)))
  }

  func append(_ node: Node) -> Node {
    nodes.append(node)
    return node
  }
}

/// The place of one value on a tape: its gradient so far, and how to send it on.
final class Node {
  /// Where the gradient is summed up.
  enum Sum {
    /// Here, until it is sent on.
    case own
    /// In the parameter whose value this is.
    case parameter(Parameter)
    /// At the place of the same value on the tape around this one.
    case outer(Node)
  }

  unowned let tape: Tape
  private let sum: Sum
  private var pullback: ((Tensor) -> Void)?
  private var ownGradient: Tensor?

  init(tape: Tape, sum: Sum = .own, pullback: ((Tensor) -> Void)? = nil) {
    self.tape = tape
    self.sum = sum
    self.pullback = pullback
  }

  var gradient: Tensor? {
    switch sum {
    case .own: ownGradient
    case .parameter(let parameter): parameter.gradient
    case .outer(let node): node.gradient
    }
  }

  /// The parameter whose gradient is summed here.
  var parameter: Parameter? {
    if case .parameter(let parameter) = sum { parameter } else { nil }
  }

  /// Adds a gradient, which must have the shape of the value.
  func accumulate(_ addend: Tensor, shape: [Int]) {
    precondition(
      addend.shape == shape, "gradient of shape \(addend.shape) for a value \(shape)")
    updateGradient { sum in
      if sum == nil {
        sum = addend
      } else {
        sum?.add(addend)
      }
    }
  }

  /// Hands the gradient out for a change in place; while it is out, nothing else owns it.
  func updateGradient(_ update: (inout Tensor?) -> Void) {
    var gradient: Tensor?
    switch sum {
    case .own:
      swap(&gradient, &ownGradient)
      update(&gradient)
      swap(&gradient, &ownGradient)
    case .parameter(let parameter):
      swap(&gradient, &parameter.gradient)
      update(&gradient)
      swap(&gradient, &parameter.gradient)
    case .outer(let node): node.updateGradient(update)
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

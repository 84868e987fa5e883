/// Runs a segment of a network and keeps its inputs alone; the backward pass runs it again (Chen et
/// al., "Training deep nets with sublinear memory cost", 2016).
///
/// Results and gradients have the bits they have without it: the second run adds each gradient
/// where the first would have. It costs the time of one more forward pass.
///
/// - Parameters:
///   - inputs: What the segment depends on, besides parameters.
///   - tape: The tape of the inputs and parameters, or nil to infer.
///   - body: Computes the segment from `inputs` on the tape that it is given, if any. It is called
///     twice and must compute the same.
/// - Returns: What `body` returns.
public func checkpointed(
  _ inputs: [Variable], on tape: Tape?,
  _ body: @escaping (_ inputs: [Variable], _ tape: Tape?) -> Variable
) -> Variable {
  guard let tape else { return body(inputs, nil) }
  let value = body(inputs.map { Variable(constant: $0.value) }, nil).value
  return tape.record(value) { gradient in
    let inner = Tape()
    let output = profiledPass(.recomputation) { body(inputs.map(inner.continued), inner) }
    inner.backward(from: output, gradient: gradient)
  }
}

extension Tape {
  /// The same value on this tape, whose gradient goes straight to `outer`.
  ///
  /// A gradient of several terms is then summed in the same order, so in the same bits, as on one
  /// tape.
  fileprivate func continued(_ outer: Variable) -> Variable {
    guard let node = outer.node else { return outer }
    return Variable(value: outer.value, node: append(Node(tape: self, sum: .outer(node))))
  }
}

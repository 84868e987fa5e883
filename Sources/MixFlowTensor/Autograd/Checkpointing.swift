/// Runs a segment of a network and keeps its inputs alone, or also what `Replay` keeps; the backward
/// pass runs it again (Chen et al., "Training deep nets with sublinear memory cost", 2016).
///
/// Results and gradients have the bits they have without it: the second run adds each gradient
/// where the first would have. It costs the time of what runs again: at most one more forward pass.
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
  let replay = tape.activations == .selective ? Replay() : nil
  let first = replay.map { Tape(keepingOnlyFor: $0) }
  let value = body(inputs.map { Variable(constant: $0.value) }, first).value
  return tape.record(value) { gradient in
    let inner = Tape(within: tape, replaying: replay)
    let output = profiledPass(.recomputation) { body(inputs.map(inner.continued), inner) }
    inner.backward(from: output, gradient: gradient)
  }
}

/// The costly values of a checkpointed segment that its second run takes over from the first.
///
/// It keeps what matrix products and attention give where that is as wide as the network: of a
/// transformer block all but the hidden layer of the MLP, which is the widest and has a third of the
/// products. That is "selective activation recomputation" (Korthikanti et al., 2022) for a machine
/// whose time goes to products.
final class Replay {
  private var values: [Any] = []
  private var isSecondRun = false

  /// Ends the first run: values come back in the order in which they were kept.
  fileprivate func rewind() {
    values.reverse()
    isSecondRun = true
  }

  fileprivate func callAsFunction<Value>(_ compute: () -> Value) -> Value {
    guard isSecondRun else {
      let value = compute()
      values.append(value)
      return value
    }
    guard let value = values.popLast() as? Value else {
      preconditionFailure("the second run of a segment does not do what the first did")
    }
    return value
  }
}

extension Tape? {
  /// Returns what `compute` gives, or gave in the first run of a checkpointed segment.
  func replayed<Value>(_ compute: () -> Value) -> Value {
    self?.replay?(compute) ?? compute()
  }
}

extension Tape {
  /// A tape for the first run of a segment: it records nothing.
  fileprivate convenience init(keepingOnlyFor replay: Replay) {
    self.init(activations: .kept, isRecording: false, replay: replay, onFinalGradient: nil)
  }

  /// A tape for the second run of a segment of `outer`.
  fileprivate convenience init(within outer: Tape, replaying replay: Replay?) {
    replay?.rewind()
    self.init(
      activations: .kept, isRecording: true, replay: replay,
      onFinalGradient: outer.onFinalGradient)
  }

  /// The same value on this tape, whose gradient goes straight to `outer`.
  ///
  /// A gradient of several terms is then summed in the same order, so in the same bits, as on one
  /// tape.
  fileprivate func continued(_ outer: Variable) -> Variable {
    guard let node = outer.node else { return outer }
    return Variable(value: outer.value, node: append(Node(tape: self, sum: .outer(node))))
  }
}

import MixFlowTensor
import Testing

/// Segments that the backward pass runs again.
@Suite struct CheckpointingTests {
  @Test func runsTwiceAndKeepsNothingBetween() {
    let tape = Tape()
    let x = tape.input(Tensor([1, 2], shape: [2]))
    var tapes: [Bool] = []
    let y = checkpointed([x], on: tape) { inputs, inner in
      tapes.append(inner != nil)
      #expect(inner !== tape)
      return silu(inputs[0]) * inputs[0]
    }
    #expect(tapes == [false])
    tape.backward(from: y)
    #expect(tapes == [false, true])
  }

  @Test func infersWithoutATape() {
    var runs = 0
    let x = Variable(constant: Tensor([1, 2], shape: [2]))
    let y = checkpointed([x], on: nil) { inputs, tape in
      runs += 1
      #expect(tape == nil)
      return silu(inputs[0])
    }
    #expect(runs == 1 && !y.needsGradient && y.value == silu(x.value))
  }

  @Test func parametersInsideAreReached() {
    let trained = Parameter(name: "w", value: Tensor([2, 3], shape: [2]))
    let frozen = Parameter(name: "v", value: Tensor([5, 7], shape: [2]), isTrainable: false)
    for count in 1...2 {
      let tape = Tape()
      let x = Variable(constant: Tensor([1, 4], shape: [2]))
      let y = checkpointed([x], on: tape) { inputs, tape in
        inputs[0] * trained.variable(on: tape) * frozen.variable(on: tape)
      }
      #expect(y.needsGradient)
      tape.backward(from: y)
      #expect(trained.gradient?.array == [5 * Float(count), 28 * Float(count)])
      #expect(frozen.gradient == nil)
    }
  }

  @Test func whatNeedsNoGradientGetsNone() {
    let tape = Tape()
    let x = tape.input(Tensor([1, 2], shape: [2]))
    let constant = Variable(constant: Tensor([3, 4], shape: [2]))
    let y = checkpointed([x, constant], on: tape) { inputs, _ in inputs[1] * inputs[1] }
    tape.backward(from: x + y)
    #expect(x.gradient?.array == [1, 1])
    #expect(constant.gradient == nil)
  }

  @Test func anInputMayBeTheResult() {
    let tape = Tape()
    let x = tape.input(Tensor([1, 2], shape: [2]))
    let y = checkpointed([x], on: tape) { inputs, _ in inputs[0] }
    tape.backward(from: x * y)
    #expect(x.gradient?.array == [2, 4])
  }
}

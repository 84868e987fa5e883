import MixFlowTensor
import Testing

@Suite struct TapeTests {
  @Test func backwardAddsToTheParametersGradient() throws {
    let parameter = Parameter(name: "w", value: Tensor([1, 2], shape: [2]))
    for count in 1...3 {
      let tape = Tape()
      let w = parameter.variable(on: tape)
      tape.backward(from: w * w)
      let factor = Float(count)
      #expect(parameter.gradient?.array == [2 * factor, 4 * factor])
    }
    parameter.gradient = nil
    let tape = Tape()
    tape.backward(from: sum(parameter.variable(on: tape)))
    #expect(parameter.gradient?.array == [1, 1])
  }

  @Test func aParameterUsedInTwoPlacesIsOneLeaf() {
    let parameter = Parameter(name: "w", value: Tensor([3], shape: [1]))
    let tape = Tape()
    tape.backward(from: parameter.variable(on: tape) * parameter.variable(on: tape))
    #expect(parameter.gradient?.array == [6])
  }

  @Test func constantsAndFrozenParametersGetNone() {
    let frozen = Parameter(name: "w", value: Tensor([3], shape: [1]), isTrainable: false)
    let tape = Tape()
    let x = tape.input(Tensor([2], shape: [1]))
    let constant = Variable(constant: Tensor([5], shape: [1]))
    let y = frozen.variable(on: tape) * x + constant
    #expect(y.needsGradient)
    tape.backward(from: y)
    #expect(x.gradient?.array == [3])
    #expect(frozen.gradient == nil)
    #expect(constant.gradient == nil)
  }

  /// Values that no pullback reads leave memory before the backward pass.
  @Test func sumsAndDerivedValuesKeepNoInput() {
    final class Owner {
      let values = UnsafeMutablePointer<Float>.allocate(capacity: 1)
      init() { values.pointee = 3 }
      deinit { values.deallocate() }
    }
    let tape = Tape()
    weak var first: Owner?
    weak var second: Owner?
    func sum() -> Variable {
      let owners = (Owner(), Owner())
      (first, second) = owners
      func input(_ owner: Owner) -> Variable {
        tape.input(Tensor(shape: [1], reading: owner.values, owner: owner))
      }
      let doubled = input(owners.1)
      return input(owners.0) + doubled.derive(2 * doubled.value) { 2 * $0 }
    }
    let y = sum()
    #expect(first == nil && second == nil)
    #expect(y.value.array == [9])
    tape.backward(from: y)
  }

  @Test func nothingIsRecordedWithoutATape() {
    let parameter = Parameter(name: "w", value: Tensor([3], shape: [1]))
    let y = silu(parameter.variable(on: nil))
    #expect(!y.needsGradient)
    #expect(y.gradient == nil)
  }

  @Test func theGivenGradientIsTheStart() {
    let tape = Tape()
    let x = tape.input(Tensor([1, 2], shape: [2]))
    tape.backward(from: x * x, gradient: Tensor([10, 100], shape: [2]))
    #expect(x.gradient?.array == [20, 400])
  }

  @Test func aBranchThatDoesNotReachTheOutputSendsNothing() {
    let tape = Tape()
    let x = tape.input(Tensor([1], shape: [1]))
    let unused = tape.input(Tensor([1], shape: [1]))
    _ = unused * x
    tape.backward(from: x + x)
    #expect(x.gradient?.array == [2])
    #expect(unused.gradient == nil)
  }
}

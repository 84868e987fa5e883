import MixFlowTensor
import MixFlowTestSupport
import Testing

/// The example of the module's page.
@Suite struct DocumentationExampleTests {
  @Test func runs() throws {
    let scope = ParameterScope(source: RandomParameters(seed: 0))
    let weight = try scope.parameter("weight", shape: [1, 2], initializer: .zeros)
    let x = Variable(constant: Tensor([1, 0, 0, 1], shape: [2, 2]))

    let tape = Tape()
    let y = linear(x, weight: weight.variable(on: tape), bias: nil, keptOn: tape)
    let loss = sum(meanSquaredError(y, target: Tensor([2, -1], shape: [2, 1])))
    tape.backward(from: loss)
    // weight.gradient is [-4, 2], and loss.value.item is 5.
    #expect(weight.gradient?.array == [-4, 2])
    #expect(loss.value.item == 5)
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowTensor/Documentation.docc/MixFlowTensor.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

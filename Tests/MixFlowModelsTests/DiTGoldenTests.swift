import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// DiT against the official PyTorch module, on every fixture folder `models/dit*`.
@Suite struct DiTGoldenTests {
  @Test(arguments: try Fixtures.folders(matching: "models/dit"))
  func forwardAndGradientsMatch(folder: String) throws {
    let file = try Fixtures.file("\(folder)/weights")
    let io = try Fixtures.file("\(folder)/io")
    let model = try Fixtures.dit("\(folder)/weights")
    #expect(
      model.parameters.map(\.name) == (try file.metadata("parameter_order", as: [String].self)))
    let tape = Tape()
    let x = tape.input(try io.tensor("x"))
    let out = model(
      x, t: try io.integers("t").map { Float($0) }, labels: try io.integers("y"), on: tape)
    expectClose(out.value, try io.tensor("out"), relativeToMax: 2e-5, "\(folder) out")
    let losses = meanSquaredError(out, target: try io.tensor("target"))
    let count = losses.value.count
    expectClose(
      losses.value.sum() / Double(count), Double(try io.tensor("loss").item), relativeToMax: 1e-5,
      "\(folder) loss")
    tape.backward(
      from: losses, gradient: Tensor(repeating: 1 / Float(count), shape: losses.shape))

    let gradients = try Fixtures.file("\(folder)/grads")
    let trainable = model.parameters.filter(\.isTrainable)
    #expect(Set(trainable.map(\.name)) == Set(gradients.names))
    for parameter in trainable {
      let error = relativeL2(
        try #require(parameter.gradient), try gradients.tensor(parameter.name))
      reportError(error, "\(folder) \(parameter.name) gradient")
      #expect(error < 1e-3, "\(folder) \(parameter.name)")
    }
    let error = relativeL2(try #require(x.gradient), try io.tensor("grad_x"))
    reportError(error, "\(folder) grad_x")
    #expect(error < 1e-3, "\(folder) grad_x")
  }
}

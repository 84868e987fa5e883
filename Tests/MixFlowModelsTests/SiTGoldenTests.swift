import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// SiT against the official PyTorch module, on every fixture folder `models/sit_*`.
@Suite struct SiTGoldenTests {
  @Test(arguments: try Fixtures.folders(matching: "models/sit_"))
  func forwardMatches(folder: String) throws {
    let (model, io) = try load(folder)
    let out = model(
      Variable(constant: try io.tensor("x")), t: try io.tensor("t").array,
      labels: try io.integers("y"))
    expectClose(out.value, try io.tensor("out"), relativeToMax: 2e-5, "\(folder) out")
    let loss = meanSquaredError(out, target: try io.tensor("target")).value.array
    expectClose(
      loss.reduce(0, +) / Float(loss.count), try io.tensor("loss").item, relativeToMax: 1e-5,
      "\(folder) loss")
  }

  @Test(arguments: try Fixtures.folders(matching: "models/sit_"))
  func gradientsMatch(folder: String) throws {
    let (model, io) = try load(folder)
    let tape = Tape()
    let x = tape.input(try io.tensor("x"))
    let out = model(x, t: try io.tensor("t").array, labels: try io.integers("y"), on: tape)
    let losses = meanSquaredError(out, target: try io.tensor("target"))
    tape.backward(
      from: losses,
      gradient: Tensor(repeating: 1 / Float(losses.value.count), shape: losses.shape))

    let gradients = try Fixtures.file("\(folder)/grads")
    let trainable = model.parameters.filter(\.isTrainable)
    #expect(Set(trainable.map(\.name)) == Set(gradients.names))
    for parameter in trainable {
      let gradient = try #require(parameter.gradient, "\(parameter.name)")
      let error = relativeL2(gradient, try gradients.tensor(parameter.name))
      #expect(error < 1e-3, "\(folder) \(parameter.name)")
    }
    let inputGradient = try #require(x.gradient)
    #expect(relativeL2(inputGradient, try io.tensor("grad_x")) < 1e-3, "\(folder) grad_x")
  }

  private func load(_ folder: String) throws -> (SiT, SafeTensorsFile) {
    let model = try Fixtures.sit("\(folder)/weights")
    #expect(Set(model.parameters.map(\.name)) == Set(try Fixtures.file("\(folder)/weights").names))
    return (model, try Fixtures.file("\(folder)/io"))
  }
}

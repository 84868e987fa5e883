import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// REPA's SiT against the official PyTorch module, on every fixture folder `models/repa_*`.
@Suite struct REPAGoldenTests {
  @Test(arguments: try Fixtures.folders(matching: "models/repa_"))
  func parametersAreTheOfficialOnesInTheirOrder(folder: String) throws {
    let file = try Fixtures.file("\(folder)/weights")
    let model = try Fixtures.repa("\(folder)/weights")
    #expect(
      model.parameters.map(\.name) == (try file.metadata("parameter_order", as: [String].self)))
    #expect(
      model.parameters.filter { !$0.isTrainable }.map(\.name)
        == (try file.metadata("frozen", as: [String].self)))
    #expect(
      model.parameters.reduce(0) { $0 + $1.value.count } == model.configuration.parameterCount)
  }

  @Test(arguments: try Fixtures.folders(matching: "models/repa_"))
  func forwardAndGradientsMatch(folder: String) throws {
    let io = try Fixtures.file("\(folder)/io")
    let model = try Fixtures.repa("\(folder)/weights")
    let tape = Tape()
    let x = tape.input(try io.tensor("x"))
    let output = model.predictionWithProjections(
      x, t: try io.tensor("t").array, labels: try io.integers("y"), on: tape)
    expectClose(
      output.prediction.value, try io.tensor("out"), relativeToMax: 2e-5, "\(folder) out")
    #expect(!output.projections.isEmpty)
    for (index, projection) in output.projections.enumerated() {
      expectClose(
        projection.value, try io.tensor("zs.\(index)"), relativeToMax: 2e-5,
        "\(folder) zs.\(index)")
    }
    // The fixture's loss: the mean squared errors of the prediction and of each projection.
    let losses = try output.projections.enumerated().reduce(
      meanSquaredError(output.prediction, target: io.tensor("target"))
    ) { sum, projection in
      sum
        + meanSquaredError(projection.element, target: try io.tensor("zs_target.\(projection.offset)"))
    }
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
      let gradient = try #require(parameter.gradient, "\(parameter.name)")
      expectRelativeL2(
        gradient, try gradients.tensor(parameter.name), "\(folder) \(parameter.name)")
    }
    expectRelativeL2(try #require(x.gradient), try io.tensor("grad_x"), "\(folder) grad_x")
  }

  @Test(arguments: try Fixtures.folders(matching: "models/repa_"))
  func predictingAloneChangesNoBit(folder: String) throws {
    let io = try Fixtures.file("\(folder)/io")
    let model = try Fixtures.repa("\(folder)/weights")
    let (x, t, labels) = (try io.tensor("x"), try io.tensor("t").array, try io.integers("y"))
    let expected = model.predictionWithProjections(Variable(constant: x), t: t, labels: labels)
      .prediction.value
    #expect(model(Variable(constant: x), t: t, labels: labels).value == expected)
    #expect(model(x, model.conditioning(t: t, labels: labels)) == expected)
  }

  private func expectRelativeL2(_ actual: Tensor, _ expected: Tensor, _ label: String) {
    let error = relativeL2(actual, expected)
    reportError(error, "\(label) gradient")
    #expect(error < 1e-3, "\(label)")
  }
}

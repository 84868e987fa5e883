import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// REPA's SiT against the official PyTorch module, on every fixture folder `models/repa_*`.
@Suite struct REPAGoldenTests {
  @Test(arguments: try ModelFixture.all(matching: "models/repa_"))
  func predictionMatches(fixture: ModelFixture) throws {
    let model = try Fixtures.repa(fixture.weights)
    try fixture.expectNamesMatch(model)
    #expect(
      model.parameters.filter { !$0.isTrainable }.map(\.name)
        == (try Fixtures.file(fixture.weights).metadata("frozen", as: [String].self)))
    #expect(
      model.parameters.reduce(0) { $0 + $1.value.count } == model.configuration.parameterCount)
    let io = try Fixtures.file(fixture.io)
    let (x, t, labels) = (try io.tensor("x"), try fixture.times, try io.integers("y"))
    let out = model(Variable(constant: x), t: t, labels: labels).value
    expectClose(out, try io.tensor("out"), relativeToMax: 2e-5, "\(fixture.folder) out")
    #expect(model(x, model.conditioning(t: t, labels: labels)) == out)
  }

  @Test(arguments: try ModelFixture.all(matching: "models/repa_"))
  func lossAndGradientsMatch(fixture: ModelFixture) throws {
    let (io, model) = (try Fixtures.file(fixture.io), try Fixtures.repa(fixture.weights))
    let tape = Tape()
    let x = tape.input(try io.tensor("x"))
    let output = model.predictionWithProjections(
      x, t: try fixture.times, labels: try io.integers("y"), on: tape)
    // The fixture's loss: the mean squared errors of the prediction and of each projection.
    var losses = meanSquaredError(output.prediction, target: try io.tensor("target"))
    #expect(!output.projections.isEmpty)
    for (index, projection) in output.projections.enumerated() {
      expectClose(
        projection.value, try io.tensor("zs.\(index)"), relativeToMax: 2e-5,
        "\(fixture.folder) zs.\(index)")
      losses = losses + meanSquaredError(projection, target: try io.tensor("zs_target.\(index)"))
    }
    let count = losses.value.count
    expectClose(
      Float(losses.value.sum() / Double(count)), try io.tensor("loss").item, relativeToMax: 1e-5,
      "\(fixture.folder) loss")
    tape.backward(
      from: losses, gradient: Tensor(repeating: 1 / Float(count), shape: losses.shape))

    let expected = try Fixtures.file("\(fixture.folder)/grads")
    let trainable = model.parameters.filter(\.isTrainable)
    #expect(trainable.map(\.name).sorted() == expected.names.sorted())
    try expectGradients(of: model, expected, fixture.folder)
    fixture.expectGradient(try #require(x.gradient), try io.tensor("grad_x"), "grad_x")
  }
}

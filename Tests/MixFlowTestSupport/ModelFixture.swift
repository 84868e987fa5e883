import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import Testing

/// One fixture folder of a model: weights, inputs and outputs, and gradients of the official PyTorch
/// module.
package struct ModelFixture: CustomTestStringConvertible, Sendable {
  /// The folder below ``Fixtures/root``, such as `models/sit_ls`.
  package let folder: String

  package init(_ folder: String) { self.folder = folder }

  /// All folders whose path begins with `prefix`.
  package static func all(matching prefix: String) throws -> [ModelFixture] {
    try Fixtures.folders(matching: prefix).map(ModelFixture.init)
  }

  /// All folders whose path begins with `prefix` and whose outputs have a name that begins with
  /// `name`; an error where there is none.
  package static func all(matching prefix: String, holding name: String) throws -> [ModelFixture] {
    let found = try all(matching: prefix).filter {
      try Fixtures.file($0.io).names.contains { $0.hasPrefix(name) }
    }
    guard !found.isEmpty else { throw FixtureError(pattern: "\(prefix)*: \(name)*") }
    return found
  }

  package var testDescription: String { folder }

  /// The name of the weights, for ``Fixtures/file(_:)``.
  package var weights: String { "\(folder)/weights" }
  /// The name of the inputs and outputs.
  package var io: String { "\(folder)/io" }

  /// The times of the inputs; DiT's are whole numbers.
  package var times: [Float] {
    get throws {
      let io = try Fixtures.file(io)
      return try (try? io.tensor("t").array) ?? io.integers("t").map { Float($0) }
    }
  }

  /// Compares names and their order, prediction, loss and all gradients.
  package func expectMatch(_ model: some ClassConditionalModel) throws {
    try expectNamesMatch(model)
    try expectForwardMatches(model)
    try expectGradientsMatch(model)
  }

  /// Compares the keys of the state dict, and the order of the parameters.
  package func expectNamesMatch(_ model: some ClassConditionalModel) throws {
    let file = try Fixtures.file(weights)
    let names = model.stateDictEntries.map(\.name)
    #expect(names.sorted() == file.names.sorted(), "\(folder)")
    #expect(
      model.parameters.map(\.name) == (try file.metadata("parameter_order", as: [String].self)),
      "\(folder)")
    #expect(
      names.filter(Set(model.parameters.map(\.name)).contains) == model.parameters.map(\.name),
      "\(folder)")
  }

  /// Compares the prediction and the loss.
  package func expectForwardMatches(_ model: some ClassConditionalModel) throws {
    let io = try Fixtures.file(io)
    let out = model(
      Variable(constant: try io.tensor("x")), t: try times,
      labels: try io.integers("y"), on: nil)
    expectClose(out.value, try io.tensor("out"), relativeToMax: 2e-5, "\(folder) out")
    let losses = meanSquaredError(out, target: try io.tensor("target")).value.array
    expectClose(
      losses.reduce(0, +) / Float(losses.count), try io.tensor("loss").item, relativeToMax: 1e-5,
      "\(folder) loss")
  }

  /// Compares the gradients of the loss by all trainable parameters and by the input.
  package func expectGradientsMatch(_ model: some ClassConditionalModel) throws {
    let (io, expected) = (try Fixtures.file(io), try Fixtures.file("\(folder)/grads"))
    let tape = Tape()
    let x = tape.input(try io.tensor("x"))
    let out = model(x, t: try times, labels: try io.integers("y"), on: tape)
    let losses = meanSquaredError(out, target: try io.tensor("target"))
    tape.backward(
      from: losses,
      gradient: Tensor(repeating: 1 / Float(losses.value.count), shape: losses.shape))

    let trainable = model.parameters.filter(\.isTrainable)
    #expect(trainable.map(\.name).sorted() == expected.names.sorted(), "\(folder)")
    for parameter in trainable {
      let gradient = try #require(parameter.gradient, "\(folder) \(parameter.name)")
      expectGradient(gradient, try expected.tensor(parameter.name), parameter.name)
    }
    expectGradient(try #require(x.gradient), try io.tensor("grad_x"), "grad_x")
  }

  /// Compares one gradient by the length of its error.
  package func expectGradient(_ actual: Tensor, _ expected: Tensor, _ name: String) {
    let error = relativeL2(actual, expected)
    expectClose(error, 0, absolute: 1e-3, "\(folder) gradient \(name)")
  }
}

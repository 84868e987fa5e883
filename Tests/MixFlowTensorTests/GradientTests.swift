import Foundation
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// Every differentiable operation against finite differences.
@Suite struct GradientTests {
  @Test(arguments: gradientTable)
  func matchesCentralDifference(row: GradientCase) throws {
    let inputs = row.inputs
    let gradients = try gradients(of: row.run, row, at: inputs)
    for position in inputs.indices {
      let numeric = centralDifference(at: inputs[position]) { moved in
        var variables = inputs.map { Variable(constant: $0) }
        variables[position] = Variable(constant: moved)
        return objective(row.run(variables), row)
      }
      // A missing or wrong term moves a gradient by far more than a thousandth of its length.
      let error = relativeL2(gradients[position], numeric)
      #expect(error < 2e-3, "\(row.testDescription), input \(position)")
    }
  }

  @Test(arguments: gradientTable)
  func twoUsesAddUp(row: GradientCase) throws {
    let inputs = row.inputs
    let once = try gradients(of: row.run, row, at: inputs)
    let twice = try gradients(of: { row.run($0) + row.run($0) }, row, at: inputs)
    for position in inputs.indices {
      expectClose(
        twice[position], 2 * once[position], relativeToMax: 1e-6,
        "\(row.testDescription), input \(position)")
    }
  }

  @Test(arguments: gradientTable)
  func constantsChangeNothing(row: GradientCase) throws {
    let inputs = row.inputs
    let all = try gradients(of: row.run, row, at: inputs)
    for position in inputs.indices {
      let tape = Tape()
      var variables = inputs.map { Variable(constant: $0) }
      variables[position] = tape.input(inputs[position])
      let out = row.run(variables)
      tape.backward(from: out, gradient: row.outputGradient(shape: out.shape))
      let gradient = try #require(variables[position].gradient)
      #expect(gradient == all[position], "\(row.testDescription), input \(position)")
      for (other, variable) in variables.enumerated() where other != position {
        #expect(variable.gradient == nil)
      }
    }
  }

  @Test func everyOperationHasARow() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/MixFlowTensor/Operations")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    let declaration = /public func (\S+)\s?\((?:[^{]*)\) -> Variable\b/
    var declared: Set<String> = []
    for file in files where file.pathExtension == "swift" {
      let source = try String(contentsOf: file, encoding: .utf8)
      declared.formUnion(source.matches(of: declaration).map { String($0.output.1) })
    }
    #expect(declared.count > 20, "found \(declared)")
    #expect(declared.subtracting(gradientTable.map(\.operation)) == [])
  }

  private func gradients(
    of run: ([Variable]) -> Variable, _ row: GradientCase, at inputs: [Tensor]
  ) throws -> [Tensor] {
    let tape = Tape()
    let variables = inputs.map { tape.input($0) }
    let out = run(variables)
    tape.backward(from: out, gradient: row.outputGradient(shape: out.shape))
    return try variables.map { try #require($0.gradient, "\(row.testDescription)") }
  }

  private func objective(_ out: Variable, _ row: GradientCase) -> Float {
    let weights = row.outputGradient(shape: out.shape).array
    return Float(zip(out.value.array, weights).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
  }
}

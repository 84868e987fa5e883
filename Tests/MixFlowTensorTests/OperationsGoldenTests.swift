import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// Every operation of `ops/ops.safetensors` against PyTorch, forward and backward.
@Suite struct OperationsGoldenTests {
  static let file = "ops/ops"

  @Test(arguments: try operationNames())
  func matches(operation: String) throws {
    let run = try #require(
      OperationRunners.all[operation], "no runner for the fixture's operation '\(operation)'")
    let file = try Fixtures.file(Self.file)
    let tape = Tape()
    var inputs: [Variable] = []
    while file.contains("\(operation).in\(inputs.count)") {
      inputs.append(tape.input(try file.tensor("\(operation).in\(inputs.count)")))
    }
    let out = run(inputs)
    expectMatch(out.value, try file.tensor("\(operation).out"), "\(operation).out")
    tape.backward(from: out, gradient: try file.tensor("\(operation).gout"))
    for (index, input) in inputs.enumerated() {
      let name = "\(operation).gin\(index)"
      let gradient = try #require(input.gradient, "\(name)")
      expectMatch(gradient, try file.tensor(name), name)
    }
  }

  @Test(arguments: try resizedNames())
  func resizes(name: String) throws {
    let file = try Fixtures.file(Self.file)
    let expected = try file.tensor(name)
    let filters: [(String, ResizeFilter)] = [
      ("resize_bicubic_aa_", .antialiasedBicubic), ("resize_bicubic_", .bicubic),
      ("resize_bilinear_", .bilinear),
    ]
    let (_, filter) = try #require(filters.first { name.hasPrefix($0.0) }, "\(name)")
    let resized = resize(
      try file.tensor("resize_in"), height: expected.shape[2], width: expected.shape[3],
      filter: filter)
    expectMatch(resized, expected, name)
  }

  @Test func theFileIsNotEmpty() throws {
    #expect(!(try Self.operationNames()).isEmpty)
    #expect(!(try Self.resizedNames()).isEmpty)
  }

  private func expectMatch(
    _ actual: Tensor, _ expected: Tensor, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectClose(
      actual, expected, relativeToMax: 2e-5, absolute: 1e-5, label, sourceLocation: sourceLocation)
  }

  /// The operations that the file holds, told by their outputs.
  static func operationNames() throws -> [String] {
    try Fixtures.file(file).names.filter { $0.hasSuffix(".out") }
      .map { String($0.dropLast(".out".count)) }.sorted()
  }

  /// The resized images that the file holds.
  static func resizedNames() throws -> [String] {
    try Fixtures.file(file).names
      .filter { $0.hasPrefix("resize_") && $0 != "resize_in" }.sorted()
  }
}

import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// SiT's sizes, its start and its gradient.
@Suite struct SiTTests {
  /// The counts of the official models, the fixed position table included.
  static let published = [
    ("SiT-S/2", 32_963_360), ("SiT-B/2", 130_512_416), ("SiT-L/2", 458_102_816),
    ("SiT-XL/2", 675_129_632), ("SiT-S/4", 32_945_024), ("SiT-B/4", 130_475_648),
    ("SiT-L/4", 458_053_760), ("SiT-XL/4", 675_074_432), ("SiT-S/8", 33_148_160),
    ("SiT-B/8", 130_881_536), ("SiT-L/8", 458_594_816), ("SiT-XL/8", 675_683_072),
  ]

  @Test(arguments: published)
  func hasThePublishedNumberOfParameters(name: String, count: Int) throws {
    #expect(try SiTConfiguration(named: name).parameterCount == count)
  }

  @Test func countsWithoutSigma() throws {
    #expect(
      try SiTConfiguration(named: "XL/2", learnSigma: false).parameterCount == 675_111_184)
  }

  @Test func theCountIsThatOfTheModel() throws {
    for sizes in [small, try SiTConfiguration(named: "S/2")] {
      let model = try SiT(sizes, from: RandomParameters(seed: 0))
      #expect(model.parameters.reduce(0) { $0 + $1.value.count } == sizes.parameterCount)
    }
  }

  @Test func preparingChangesNoBit() throws {
    ModelChecks.preparingChangesNoBit(try SiT(small, from: MidTraining()))
  }

  @Test func refusesUnknownNames() {
    #expect(throws: ModelConfigurationError.self) { try SiTConfiguration(named: "SiT-H/2") }
    #expect(throws: ModelConfigurationError.self) { try SiTConfiguration(named: "SiT-S/3") }
    #expect(throws: ModelConfigurationError.self) { try SiTConfiguration(named: "S") }
  }

  @Test func infersEveryPublishedSize() throws {
    for (name, _) in Self.published {
      for learnSigma in [true, false] {
        let sizes = try SiTConfiguration(named: name, learnSigma: learnSigma)
        let inferred = try SiTConfiguration(inferredFrom: { Self.shape($0, sizes) }, file: "file")
        #expect(inferred == sizes)
      }
    }
  }

  @Test func startsAsTheOfficialModel() throws {
    let sizes = try SiTConfiguration(named: "S/2")
    let model = try SiT(sizes, from: RandomParameters(seed: 3))
    var generator = Philox(seed: 0)
    let x = Tensor(normal: [1] + model.sampleShape, using: &generator)
    let output = model(Variable(constant: x), t: [0.3], labels: [7])
    #expect(output.value.squaredNorm() == 0, "a fresh model's last layer is zero")

    for parameter in model.parameters {
      let (count, name) = (Double(parameter.value.count), parameter.name)
      let deviation = (parameter.value.squaredNorm() / count).squareRoot()
      switch name {
      case "pos_embed":
        #expect(parameter.value.array == sinCosPositions(width: 384, grid: 16).array)
      case _ where name.contains("adaLN_modulation") || name.hasPrefix("final_layer.linear"):
        #expect(deviation == 0, "\(name)")
      case _ where name.hasSuffix("bias"):
        #expect(deviation == 0, "\(name)")
      case _ where name.hasPrefix("t_embedder") || name.hasPrefix("y_embedder"):
        expectClose(deviation, 0.02, relativeToMax: 0.02, name)
      default:
        // Xavier-uniform: the deviation of U(-a, a) is a / √3.
        let rows = parameter.shape[0]
        let columns = parameter.shape[1...].reduce(1, *)
        let bound = (6 / Double(rows + columns)).squareRoot()
        expectClose(deviation, bound / 3.0.squareRoot(), relativeToMax: 0.05, name)
        #expect(parameter.value.array.allSatisfy { abs(Double($0)) <= bound }, "\(name)")
      }
    }
  }

  @Test func theGradientMatchesCentralDifferences() throws {
    let model = try SiT(small, from: MidTraining())
    var generator = Philox(seed: 5)
    let x = Tensor(normal: [2] + model.sampleShape, using: &generator)
    let target = Tensor(normal: x.shape, using: &generator)
    func loss(_ x: Variable, on tape: Tape?) -> Variable {
      sum(
        meanSquaredError(
          model(x, t: [0.2, 0.7], labels: [0, 2], on: tape), target: target, weights: [1, 2]))
    }
    let tape = Tape()
    let input = tape.input(x)
    tape.backward(from: loss(input, on: tape))

    let numeric = centralDifference(at: x) { loss(Variable(constant: $0), on: nil).value.item }
    #expect(relativeL2(try #require(input.gradient), numeric) < 2e-3)
    for parameter in model.parameters where parameter.isTrainable {
      let gradient = try #require(parameter.gradient, "\(parameter.name)")
      let value = parameter.value
      // Along one random direction, so that each parameter takes two evaluations.
      let direction = Tensor(normal: value.shape, using: &generator)
      let step: Float = 1e-2 / Float(direction.squaredNorm().squareRoot())
      let ends = [step, -step].map { step in
        parameter.assign(.combination(1, value, step, direction))
        return Double(loss(Variable(constant: x), on: nil).value.item)
      }
      parameter.assign(value)
      let slope = (ends[0] - ends[1]) / (2 * Double(step))
      expectClose(
        (gradient * direction).sum(), slope, relativeToMax: 2e-2, absolute: 2e-3, parameter.name)
    }
  }

  @Test(arguments: [
    [], ["blocks.0.mlp.fc1.weight", "blocks.1.adaLN"], ["blocks.1", "y_embedder"],
  ])
  func recomputedActivationsChangeNoBit(frozen: [String]) throws {
    let sizes = SiTConfiguration(
      inputSize: 8, patchSize: 2, inChannels: 2, width: 48, depth: 3, heads: 2, classCount: 3)
    try ModelChecks.recomputedActivationsChangeNoBit(frozen: frozen) {
      try SiT(sizes, from: MidTraining())
    }
  }

  private let small = SiTConfiguration(
    inputSize: 4, patchSize: 2, inChannels: 2, width: 8, depth: 2, heads: 2, classCount: 3)

  /// The shapes that identify a model, as its file has them.
  private static func shape(_ key: String, _ sizes: SiTConfiguration) -> [Int]? {
    let patch = sizes.patchSize
    switch key {
    case "pos_embed": return [1, sizes.tokens, sizes.width]
    case "x_embedder.proj.weight": return [sizes.width, sizes.inChannels, patch, patch]
    case "y_embedder.embedding_table.weight": return [sizes.classCount + 1, sizes.width]
    case "final_layer.linear.weight": return [patch * patch * sizes.outChannels, sizes.width]
    case "blocks.0.mlp.fc1.weight": return [sizes.mlpRatio * sizes.width, sizes.width]
    default:
      let isAttention = (0..<sizes.depth).contains { key == "blocks.\($0).attn.qkv.weight" }
      return isAttention ? [3 * sizes.width, sizes.width] : nil
    }
  }
}

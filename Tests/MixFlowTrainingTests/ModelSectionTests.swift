import MixFlowModels
import MixFlowTensor
import MixFlowTraining
import MixFlowTransport
import Testing

/// Networks of all kinds, as configurations name them.
@Suite struct ModelSectionTests {
  @Test(arguments: ModelKind.allCases)
  func defaultsMakeAModelOfTheirKind(kind: ModelKind) throws {
    let configuration = try ModelSection(kind).resolved()
    #expect(configuration.kind == kind)
    #expect(ModelSection(configuration) == ModelSection(kind))
    #expect(configuration.stages.allSatisfy { $0.depth > 0 })
  }

  @Test(arguments: [
    (ModelKind.sit, "SiT-XL/2", 675_129_632), (.dit, "DiT-XL/2", 675_129_632),
    (.repa, "SiT-XL/2", 683_242_512), (.lightningDiT, "LightningDiT-XL/1", 677_248_384),
    (.ditDH, "DiT-DH-XL", 838_675_796), (.ditDH, "DiT-DH-S", 196_455_764),
  ])
  func publishedNamesHaveTheirSizes(kind: ModelKind, name: String, parameters: Int) throws {
    var section = ModelSection(kind)
    section.name = name
    #expect(try section.resolved().parameterCount == parameters)
  }

  @Test func optionsOfOthersAreRefused() throws {
    var section = ModelSection(.sit)
    section.useRoPE = false
    expect(section, refuses: "model.use_rope")
    section = ModelSection(.ditDH)
    section.zDims = [1024]
    expect(section, refuses: "model.z_dims")
    section = ModelSection(.dit)
    section.depth = StageSizes(12, 2)
    expect(section, refuses: "model.depth")
    section.type = "UViT"
    expect(section, refuses: "model.type")
    section = ModelSection(.ditDH)
    section.useRoPE = false
    expect(section, refuses: "model.use_rope")
  }

  @Test(arguments: ModelKind.allCases)
  func configurationsAreWrittenAndRead(kind: ModelKind) throws {
    var run = RunConfiguration(kind)
    run.training.seed = 7
    #expect(try RunConfiguration(saved: json(run)) == run)
  }

  @Test func velocitiesTurnWithTheTime() throws {
    var sizes = LightningDiTConfiguration()
    (sizes.inputSize, sizes.inChannels, sizes.width, sizes.depth, sizes.heads) = (4, 3, 16, 1, 2)
    let original = try LightningDiT(sizes, from: NormalParameters())
    let x = Tensor(repeating: 0.25, shape: [2] + original.sampleShape)
    let there = original(Variable(constant: x), t: [0.25, 0.5], labels: [0, 1], on: nil).value
    for (prediction, sign) in [(Prediction.velocity, Float(-1)), (.noise, 1), (.score, 1)] {
      let model = ReversedTime(original, prediction: prediction)
      let tape = Tape()
      let input = tape.input(x)
      let here = model(input, t: [0.75, 0.5], labels: [0, 1], on: tape)
      #expect(here.value == sign * there)
      #expect(model(x, model.conditioning(t: [0.75, 0.5], labels: [0, 1])) == here.value)
      tape.backward(from: here)
      let originalTape = Tape()
      let originalInput = originalTape.input(x)
      originalTape.backward(
        from: original(originalInput, t: [0.25, 0.5], labels: [0, 1], on: originalTape))
      let gradient = try #require(originalInput.gradient)
      #expect(input.gradient == sign * gradient)
    }
  }

  private func expect(_ section: ModelSection, refuses key: String) {
    do {
      _ = try section.resolved()
      Issue.record("\(key) is accepted")
    } catch let error as ConfigurationError {
      #expect(error.key == key, "\(error)")
    } catch {
      Issue.record(error)
    }
  }
}

/// Parameters of a model that does something.
private final class NormalParameters: ParameterSource {
  private let source = RandomParameters(seed: 3)

  func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
    source.value(for: key, shape: shape, initializer: .normal(deviation: 0.2))
  }
}

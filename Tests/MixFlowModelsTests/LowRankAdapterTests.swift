import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// Low-rank adapters beside linear layers, against the layers with merged weights.
@Suite struct LowRankAdapterTests {
  private static let sizes: [ModelConfiguration] = {
    var lightning = LightningDiTConfiguration()
    (lightning.inputSize, lightning.patchSize, lightning.inChannels) = (4, 2, 1)
    (lightning.width, lightning.depth, lightning.heads, lightning.classCount) = (16, 2, 2, 3)
    let sit = SiTConfiguration(
      inputSize: 4, patchSize: 2, inChannels: 1, width: 16, depth: 2, heads: 2, classCount: 3)
    return [.sit(sit), .lightningDiT(lightning)]
  }()

  /// Random weights, with adapters of some layers whose `B` is not zero.
  private final class Adapted: ParameterSource {
    static let options = LowRankOptions(rank: 3, scale: 0.7)
    let random = RandomParameters(seed: 3)
    var merged: [String: Tensor]?

    func value(for key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
      if let value = merged?[key] { return value }
      // No gate is closed, so that every layer counts.
      return random.value(for: key, shape: shape, initializer: .normal(deviation: 0.2))
    }

    func buffer(for key: String, formula: Tensor) -> Tensor { formula }

    func adapter(for layer: String) -> LowRankOptions? {
      merged == nil && (layer.contains(".attn.") || layer.contains(".mlp.")) ? Self.options : nil
    }
  }

  @Test(arguments: sizes, [Tape.Activations.kept, .selective, .recomputed])
  func isTheLayerWithMergedWeights(
    sizes: ModelConfiguration, activations: Tape.Activations
  ) throws {
    let source = Adapted()
    let adapted = try sizes.makeModel(from: source)
    let values = Dictionary(uniqueKeysWithValues: adapted.parameters.map { ($0.name, $0) })
    var merged: [String: Tensor] = [:]
    for (name, down) in values where name.hasSuffix(".lora_A.weight") {
      let layer = String(name.dropLast(".lora_A.weight".count))
      let up = try #require(values["\(layer).lora_B.weight"])
      let weight = try #require(values["\(layer).weight"])
      merged["\(layer).weight"] = weight.value + 0.7 * product(up.value, down.value)
      weight.isTrainable = false
    }
    #expect(merged.count >= 8)
    source.merged = merged
    let plain = try sizes.makeModel(from: source)

    var generator = Philox(seed: 9)
    let x = Tensor(normal: [2] + adapted.sampleShape, using: &generator)
    let outputs = [adapted, plain].map { model in
      let tape = Tape(activations: activations)
      let output = model(tape.input(x), t: [0.3, 0.8], labels: [0, 2], on: tape)
      tape.backward(from: meanSquaredError(output, target: -1 * x))
      return output.value
    }
    #expect(relativeError(outputs[0], outputs[1]) < 2e-6)
    // dB = s dW Aᵀ and dA = s Bᵀ dW, with the gradient of the merged weight.
    for parameter in plain.parameters {
      guard let gradient = parameter.gradient else { continue }
      guard merged[parameter.name] != nil else {
        let own = try #require(values[parameter.name]?.gradient, "\(parameter.name)")
        #expect(relativeError(own, gradient) < 2e-5, "\(parameter.name)")
        continue
      }
      let layer = parameter.name.dropLast(".weight".count)
      let (down, up) = (values["\(layer).lora_A.weight"], values["\(layer).lora_B.weight"])
      let (a, b) = (try #require(down), try #require(up))
      #expect(values[parameter.name]?.gradient == nil)
      let (da, db) = (try #require(a.gradient), try #require(b.gradient))
      #expect(relativeError(da, 0.7 * product(transposed(b.value), gradient)) < 2e-5, "\(layer)")
      #expect(relativeError(db, 0.7 * product(gradient, transposed(a.value))) < 2e-5, "\(layer)")
    }
  }

  @Test func startsAsTheLayerItself() throws {
    final class Fresh: ParameterSource {
      let random = RandomParameters(seed: 1)
      func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
        random.value(for: key, shape: shape, initializer: initializer)
      }
      func adapter(for layer: String) -> LowRankOptions? {
        layer == "blocks.1.attn.qkv" ? LowRankOptions(rank: 2, scale: 1) : nil
      }
    }
    let model = try Self.sizes[0].makeModel(from: Fresh())
    let factors = model.parameters.filter { $0.name.contains("lora_") }
    #expect(
      factors.map(\.name) == [
        "blocks.1.attn.qkv.lora_A.weight", "blocks.1.attn.qkv.lora_B.weight",
      ])
    #expect(factors.map(\.shape) == [[2, 16], [48, 2]])
    #expect(factors[1].value.array.allSatisfy { $0 == 0 })
    let bound = factors[0].value.array.map(abs).max() ?? 0
    #expect(bound > 0.2 && bound <= 0.25)
  }

  private func product(_ x: Tensor, _ y: Tensor) -> Tensor {
    linear(x, weight: transposed(y), bias: nil)
  }

  private func transposed(_ x: Tensor) -> Tensor {
    let (rows, columns) = (x.shape[0], x.shape[1])
    let values = x.array
    return Tensor(
      (0..<columns * rows).map { values[$0 % rows * columns + $0 / rows] }, shape: [columns, rows])
  }

  /// The largest difference over the largest value.
  private func relativeError(_ x: Tensor, _ y: Tensor) -> Float {
    let scale = y.array.map(abs).max() ?? 1
    return (zip(x.array, y.array).map { abs($0 - $1) }.max() ?? 0) / scale
  }
}

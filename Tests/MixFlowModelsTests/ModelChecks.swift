import MixFlowModels
import MixFlowTensor
import Testing

/// What holds for every model, whatever its layers.
enum ModelChecks {
  /// Compares losses and all gradients of two micro-batches, so that gradients are also added to
  /// gradients, with activations kept and computed again.
  ///
  /// - Parameters:
  ///   - frozen: The beginnings of the names of parameters that are not trained.
  ///   - make: Builds the model, the same each time.
  /// - Throws: What `make` throws.
  static func recomputedActivationsChangeNoBit(
    frozen: [String], _ make: () throws -> some ClassConditionalModel
  ) throws {
    let results = try [Tape.Activations.kept, .selective, .recomputed].map { activations in
      let model = try make()
      for parameter in model.parameters
      where frozen.contains(where: parameter.name.hasPrefix) {
        parameter.isTrainable = false
      }
      var generator = Philox(seed: 5)
      var tensors: [Tensor?] = []
      for _ in 0..<2 {
        let x = Tensor(normal: [3] + model.sampleShape, using: &generator)
        let tape = Tape(activations: activations)
        let input = tape.input(x)
        let loss = meanSquaredError(
          model(input, t: [0.2, 0.7, 0.4], labels: [0, 2, 3], on: tape), target: -1 * x)
        tape.backward(from: loss)
        tensors += [loss.value, input.gradient]
      }
      return tensors + model.parameters.map(\.gradient)
    }
    #expect(results[0].compactMap(\.self).count > 20)
    for others in results.dropFirst() {
      for (kept, other) in zip(results[0], others) {
        #expect(kept?.array.map(\.bitPattern) == other?.array.map(\.bitPattern))
      }
    }
  }

  /// Compares predictions of prepared times and classes with direct ones.
  static func preparingChangesNoBit(_ model: some ClassConditionalModel) {
    var generator = Philox(seed: 1)
    let x = Tensor(normal: [2] + model.sampleShape, using: &generator)
    let (times, labels): ([Float], [Int]) = ([0, 0.3, 0.3, 1], [0, 1, 2, 1])
    let prepared = model.conditioning(t: times, labels: labels)
    #expect(prepared.sampleCount == 4)
    for choice in [[0, 1], [3, 3], [2, 0]] {
      let expected = model(
        Variable(constant: x), t: choice.map { times[$0] }, labels: choice.map { labels[$0] },
        on: nil)
      #expect(model(x, prepared.choosing(choice)) == expected.value)
    }
    let both = model(x, prepared)
    #expect(both.shape == [4] + model.sampleShape)
    #expect(both.samples(0..<2) == model(x, prepared.choosing([0, 1])))
    #expect(both.samples(2..<4) == model(x, prepared.choosing([2, 3])))
  }
}

/// Random weights everywhere, so that no gradient is hidden behind a zero.
final class MidTraining: ParameterSource {
  private let source = RandomParameters(seed: 11)

  func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
    source.value(for: key, shape: shape, initializer: .normal(deviation: 0.3))
  }

  func buffer(for key: String, formula: Tensor) -> Tensor { formula }
}

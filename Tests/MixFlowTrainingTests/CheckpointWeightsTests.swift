import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// The sets of weights in a training checkpoint.
@Suite struct CheckpointWeightsTests {
  private let folder: TemporaryFolder
  private let state: StateDict

  init() throws {
    folder = try TemporaryFolder()
    let path = folder.file("x.safetensors")
    try SafeTensorsWriter.write(
      [
        (name: "model.fixed", value: Tensor([1, 2], shape: [2])),
        (name: "model.w", value: Tensor([3, 4], shape: [2])),
        (name: "ema.w", value: Tensor([5, 6], shape: [2])),
      ], to: path)
    state = try StateDict(contentsOf: path)
  }

  @Test(arguments: [
    (WeightsChoice.auto, [Float(5), 6]), (.ema, [5, 6]), (.raw, [3, 4]),
  ])
  func areChosen(choice: WeightsChoice, values: [Float]) throws {
    let weights = try state.weights(choice)
    #expect(weights.keys == ["fixed", "w"])
    #expect(try weights.tensor("w").array == values)
    #expect(try weights.tensor("fixed").array == [1, 2], "what is not trained has no average")
  }

  @Test(arguments: [(WeightsChoice.ema, "w", "no averages"), (.raw, "ema.w", "averages alone")])
  func areNotThere(choice: WeightsChoice, key: String, message: String) throws {
    let bare = StateDict([(key: key, value: Tensor([1], shape: [1]))], file: "bare.pt")
    let error = #expect(throws: CheckpointError.self) { try bare.weights(choice) }
    #expect(error?.description.contains("bare.pt: holds \(message)") == true)
  }

  @Test func blocksOfREPAsFirstCodeAreFound() throws {
    let old = StateDict(
      ["blocks.0.x", "blocks.1.x", "decoder_blocks.0.x", "decoder_blocks.1.x", "final"].map {
        (key: "module." + $0, value: Tensor([1], shape: [1]))
      }, file: "old.pt")
    #expect(
      try old.weights(.auto).keys == [
        "blocks.0.x", "blocks.1.x", "blocks.2.x", "blocks.3.x", "final",
      ])
  }

  @Test(arguments: WeightsChoice.allCases)
  func areReadInPlace(choice: WeightsChoice) throws {
    let weights = try state.weights(choice)
    for key in weights.keys {
      // A copy would have memory of its own each time, while both live.
      let tensors = [try weights.tensor(key), try state.weights(choice).tensor(key)]
      let places = tensors.map { $0.withUnsafeBufferPointer { $0.baseAddress } }
      #expect(places[0] == places[1], "\(key)")
    }
  }
}

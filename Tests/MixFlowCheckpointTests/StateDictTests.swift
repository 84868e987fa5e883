import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

@Suite struct StateDictTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("train.safetensors")
    try SafeTensorsWriter.write(
      [
        (name: "model.head.weight", value: Tensor([1, 2], shape: [1, 2])),
        (name: "model.head.bias", value: Tensor([3], shape: [1])),
        (name: "ema.head.weight", value: Tensor([4, 5], shape: [1, 2])),
        (name: "ema.head.bias", value: Tensor([6], shape: [1])),
        (name: "step", value: Tensor(7)),
      ], to: path)
  }

  @Test func selectsAPrefix() throws {
    let ema = try StateDict(contentsOf: path, prefix: "ema.")
    #expect(ema.keys == ["head.weight", "head.bias"])
    #expect(try ema.tensor("head.weight").array == [4, 5])
    let head = try ema.strippingPrefix("head.")
    #expect(head.keys == ["weight", "bias"])
    #expect(try head.tensor("bias").array == [6])
    #expect(try StateDict(contentsOf: path).keys.count == 5)
    #expect(ema.hasPrefix("head.") && !ema.hasPrefix("ema."))
  }

  @Test func copiesWhereItIsAskedTo() throws {
    let mapped = try StateDict(contentsOf: path)
    let lent = try mapped.tensor("model.head.weight")
    let copying = mapped.copying
    #expect(copying.keys == mapped.keys)
    let copies = [
      try copying.tensor("model.head.weight"),
      try copying.strippingPrefix("model.").tensor("head.weight", shape: [1, 2]),
    ]
    // Written in place, which shows through in what is read in place alone.
    let size = try readBytes(path).count
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.write(contentsOf: Data(count: size))
    try handle.close()
    #expect(lent.array == [0, 0])
    #expect(copies.map(\.array) == [[1, 2], [1, 2]])
  }

  @Test func namesThePrefixesThereAre() {
    #expect(
      throws: CheckpointError.noPrefix(
        "module.", present: ["model.", "ema.", "step."], file: path)
    ) { try StateDict(contentsOf: path, prefix: "module.") }
  }

  @Test func reportsMissingAndMisshapen() throws {
    let state = try StateDict(contentsOf: path, prefix: "model.")
    #expect(
      throws: CheckpointError.missing(key: "head.wieght", nearest: ["head.weight"], file: path)
    ) { try state.tensor("head.wieght", shape: [1, 2]) }
    #expect(
      throws: CheckpointError.shape(
        key: "head.weight", found: [1, 2], expected: [2, 1], file: path)
    ) { try state.tensor("head.weight", shape: [2, 1]) }
  }

  @Test func reportsWhatWasNotRead() throws {
    let state = try StateDict(contentsOf: path, prefix: "model.")
    let reader = StateDictReader(state)
    _ = try reader.tensor("head.weight", shape: [1, 2])
    #expect(reader.contains("head.bias"))
    #expect(reader.unread == ["head.bias"])
    #expect(
      throws: CheckpointError.unexpected(["head.bias"], nearest: [], file: path)
    ) { try reader.expectAllRead() }
    try reader.expectAllRead { $0 == "head.bias" }
    _ = try reader.tensor("head.bias", shape: [1])
    try reader.expectAllRead()
  }

  @Test func holdsTensorsAtHand() throws {
    let state = StateDict([(key: "a.x", value: Tensor([1], shape: [1]))], file: "memory")
    #expect(try state.strippingPrefix("a.").tensor("x", shape: [1]).item == 1)
  }

  @Test func everyErrorIsOneLine() throws {
    let errors: [CheckpointError] = [
      .unexpected((0..<9).map { "k\($0)" }, nearest: ["k"], file: "f"),
      .noPrefix("p.", present: ["q."], file: "f"), .missing(key: "k", nearest: [], file: "f"),
      .shape(key: "k", found: [1], expected: [2], file: "f"),
    ]
    for error in errors {
      #expect(error.description.hasPrefix("f: ") && !error.description.contains("\n"))
    }
    #expect(errors[0].description.contains("and 5 more"))
  }
}

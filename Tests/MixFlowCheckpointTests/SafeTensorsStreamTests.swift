import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// Files that are written piece by piece.
@Suite struct SafeTensorsStreamTests {
  @Test func writesTheBytesOfTheWriter() throws {
    let folder = try TemporaryFolder()
    let values = Tensor((0..<12).map { Float($0) }, shape: [3, 4])
    try SafeTensorsWriter.write(
      [
        (name: "labels", value: .int64([3, 1], shape: [2])), ("values", .float32(values)),
        ("flags", .uint8([7], shape: [1])),
      ], metadata: ["a": "b"], to: folder.file("whole"))
    var file = try SafeTensorsStream(
      [("labels", .int64, [2]), ("values", .float32, [3, 4]), ("flags", .uint8, [1])],
      metadata: ["a": "b"], to: folder.file("pieces"))
    try file.write([3, 1])
    for row in 0..<3 { try file.write(values.samples(row..<row + 1)) }
    let flags: [UInt8] = [7]
    try file.write(flags)
    try file.commit()
    #expect(try readBytes(folder.file("pieces")) == readBytes(folder.file("whole")))
  }

  @Test func isWholeOrNotAtAll() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CheckpointError.self) {
      let file = try SafeTensorsStream([("x", .float32, [2])], to: folder.file("short"))
      try file.commit()
    }
    #expect(throws: CheckpointError.self) {
      _ = try SafeTensorsStream([("x", .float32, [Int.max, 2])], to: folder.file("large"))
    }
    #expect(throws: CheckpointError.self) {
      _ = try SafeTensorsStream(
        [("x", .float32, [1]), ("x", .float32, [1])], to: folder.file("twice"))
    }
    #expect(folder.contents.isEmpty)
  }
}

import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

@Suite struct NPZTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("samples.npz")
  }

  private func pieces(_ pieces: [[UInt8]]) -> () -> [UInt8]? {
    var rest = pieces[...]
    return { rest.popFirst() }
  }

  @Test func takesPiecesOfAnySize() throws {
    var generator = SeededGenerator(seed: 5)
    let images = (0..<60_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let next = pieces([
      Array(images[..<1]), [], Array(images[1..<50_000]), Array(images[50_000...]),
    ])
    try NPZWriter.write(shape: [5, 20, 200, 3], named: "x", to: path, next: next)
    let file = try NPZFile(contentsOf: path)
    #expect(file.names == ["x"])
    #expect(try file.info(for: "x").shape == [5, 20, 200, 3])
    #expect(try file.array("x") == NumPyArray(bytes: images, shape: [5, 20, 200, 3]))
    var rows: [NumPyArray] = []
    try file.forEachRows(of: "x", count: 2) { rows.append($0) }
    #expect(rows.map(\.shape) == [[2, 20, 200, 3], [2, 20, 200, 3], [1, 20, 200, 3]])
    #expect(rows.flatMap(\.bytes) == images)
    #expect(folder.contents == ["samples.npz"])
  }

  @Test func writesTheSameBytesAgain() throws {
    try NPZWriter.write(images: [1, 2, 3], shape: [3], to: path)
    let first = try readBytes(path)
    try NPZWriter.write(images: [1, 2, 3], shape: [3], to: path)
    #expect(try readBytes(path) == first)
  }

  @Test func writesNoImages() throws {
    try NPZWriter.write(images: [], shape: [0, 4, 4, 3], to: path)
    let file = try NPZFile(contentsOf: path)
    #expect(try file.array("arr_0").shape == [0, 4, 4, 3])
    try file.forEachRows(of: "arr_0", count: 2) { _ in Issue.record("there are no rows") }
  }

  @Test(arguments: [[[UInt8(1)]], [[1, 2, 3]], [[1, 2], [3]], []])
  func refusesPiecesThatDoNotFit(_ images: [[UInt8]]) throws {
    try AtomicFile.write("old", to: path)
    #expect(throws: CheckpointError.self) {
      try NPZWriter.write(shape: [2], to: path, next: pieces(images))
    }
    #expect(try readBytes(path) == Array("old".utf8))
    #expect(folder.contents == ["samples.npz"])
  }

  @Test func passesOnWhatTheSourceThrows() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) { try NPZWriter.write(shape: [2], to: path) { throw Stop() } }
    #expect(folder.contents.isEmpty)
  }

  @Test func refusesWhatIsNoArchive() throws {
    #expect(
      throws: CheckpointError.unreadable(file: path, reason: "No such file or directory")
    ) { try NPZFile(contentsOf: path) }
    #expect(throws: CheckpointError.self) { try NPZFile(contentsOf: folder.path) }
    try AtomicFile.write("not a zip archive", to: path)
    #expect(throws: CheckpointError.self) { try NPZFile(contentsOf: path) }
    try NPZWriter.write(images: [1], shape: [1], to: path)
    let file = try NPZFile(contentsOf: path)
    #expect(throws: CheckpointError.missing(key: "arr_1", nearest: ["arr_0"], file: path)) {
      try file.array("arr_1")
    }
  }

  @Test func noticesADamagedElement() throws {
    try NPZWriter.write(images: [UInt8](repeating: 7, count: 5000), shape: [5000], to: path)
    var bytes = try readBytes(path)
    bytes[2000] ^= 1
    try writeBytes(bytes, to: path)
    let error = #expect(throws: CheckpointError.self) {
      try NPZFile(contentsOf: path).array("arr_0")
    }
    #expect(error?.description.contains("CRC") == true)
  }

  /// A header of two terabytes, in an archive whose directory agrees and in one where it does not.
  @Test(arguments: [Int?.none, 1 << 40 + 128])
  func takesNoMemoryForWhatIsNotThere(stated: Int?) throws {
    var header = Array("{'descr': '|u1', 'fortran_order': False, 'shape': (1, \(1 << 40))}".utf8)
    header += [UInt8](repeating: 0x20, count: 117 - header.count) + [0x0A]
    let content = [0x93] + Array("NUMPY\u{1}\0\u{76}\0".utf8) + header + [1, 2, 3]
    var bytes = TorchBytes.zip([.init(name: "arr_0.npy", content: content)])
    if let stated {
      // The directory's record, then the ZIP64 field that a size of all ones asks for.
      let record = try #require(
        (0..<bytes.count).first { bytes[$0...].starts(with: [80, 75, 1, 2]) })
      let field =
        TorchBytes.little(UInt16(1)) + TorchBytes.little(UInt16(8)) + TorchBytes.little(stated)
      bytes.replaceSubrange(record + 24..<record + 28, with: [0xFF, 0xFF, 0xFF, 0xFF])
      bytes.replaceSubrange(record + 30..<record + 32, with: TorchBytes.little(UInt16(field.count)))
      bytes.insert(contentsOf: field, at: record + 46 + 9)
      let size = TorchBytes.little(UInt32(46 + 9 + field.count))
      bytes.replaceSubrange(bytes.count - 10..<bytes.count - 6, with: size)
    }
    try writeBytes(bytes, to: path)
    #expect(throws: CheckpointError.self) { try NPZFile(contentsOf: path).array("arr_0") }
    #expect(throws: CheckpointError.self) { try NPZFile(contentsOf: path).check("arr_0") }
    #expect(throws: CheckpointError.self) {
      try NPZFile(contentsOf: path).forEachRows(of: "arr_0", count: 8) { _ in }
    }
  }

  @Test func noMutationTraps() throws {
    try NPZWriter.write(images: [1, 2, 3, 4, 5, 6], shape: [2, 3], to: path)
    let valid = try readBytes(path)
    var generator = SeededGenerator(seed: 4)
    var read = 0
    for _ in 0..<3000 {
      try writeBytes(SafeTensorsFuzzTests.mutate(valid, using: &generator), to: path)
      guard let file = try? NPZFile(contentsOf: path) else { continue }
      for name in file.names where (try? file.array(name)) != nil { read += 1 }
    }
    #expect(read > 0)
  }
}

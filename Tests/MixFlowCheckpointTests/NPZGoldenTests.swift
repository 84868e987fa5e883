import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

@Suite struct NPZGoldenTests {
  @Test func readsSamples() throws {
    let expected = try Fixtures.file("misc/samples.expected")
    let file = try NPZFile(contentsOf: Fixtures.path("misc/samples.npz"))
    #expect(file.names == expected.names)
    for name in expected.names {
      let array = try file.array(name)
      #expect(try array.shape == expected.info(for: name).shape)
      #expect(try array.type == expected.info(for: name).type)
      #expect(try array.bytes == expected.bytes(name))
    }
  }

  /// The archive member, NumPy header included, is the one that NumPy wrote.
  @Test func writesTheMemberThatNumPyWrites() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("samples.npz")
    let golden = Fixtures.path("misc/samples.npz")
    let array = try NPZFile(contentsOf: golden).array("arr_0")
    try NPZWriter.write(images: array.bytes, shape: array.shape, to: path)
    #expect(try NPZFile(contentsOf: path).array("arr_0") == array)
    try array.write(to: folder.file("arr_0.npy"))
    let member = try readBytes(folder.file("arr_0.npy"))
    for archive in [golden, path] {
      let bytes = try readBytes(archive)
      let start = try #require(bytes.firstIndex(of: 0x93))
      #expect(bytes[start..<(start + member.count)] == member[...])
    }
  }
}

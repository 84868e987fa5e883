import Foundation
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

  /// What `numpy.savez_compressed` wrote for a few images and their mean, as reference statistics
  /// are distributed.
  private static let compressed = """
    UEsDBC0AAAAIAAAAIQDPLVLP//////////8JABQAYXJyXzAubnB5AQAQAIwAAAAAAAAAVwAAAAAAAACb7BfqGxDJyF\
    DGUK2eklqcXKRupaBeU2qorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgpAZKijYKypo1CrQAbgYmBk\
    YmZhZWPn4OTiBgBQSwMELQAAAAgAAAAhALgR1sX//////////wYAFABtdS5ucHkBABAAkAAAAAAAAABNAAAAAAAAAJ\
    vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC4G\
    MHhgD6G/7AcAUEsBAi0DLQAAAAgAAAAhAM8tUs9XAAAAjAAAAAkAAAAAAAAAAAAAAIABAAAAAGFycl8wLm5weVBLAQ\
    ItAy0AAAAIAAAAIQC4EdbFTQAAAJAAAAAGAAAAAAAAAAAAAACAAZIAAABtdS5ucHlQSwUGAAAAAAIAAgBrAAAAFwEA\
    AAAA
    """

  @Test func readsCompressedArrays() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("reference.npz")
    let bytes = try #require(Data(base64Encoded: Self.compressed))
    try writeBytes(Array(bytes), to: path)
    let file = try NPZFile(contentsOf: path)
    #expect(file.names == ["arr_0", "mu"])
    #expect(try file.array("arr_0") == NumPyArray(bytes: Array(0..<12), shape: [2, 2, 1, 3]))
    #expect(try file.array("mu").doubles == [0.5, -1.25])
    #expect(try file.info(for: "mu").type == .float64)
  }
}

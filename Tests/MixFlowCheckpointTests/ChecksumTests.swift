import CChecksums
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// Checksums of files, and what they find.
@Suite struct ChecksumTests {
  /// RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  static let known: [(bytes: [UInt8], crc: UInt32)] = [
    (Array("123456789".utf8), 0xe306_9283), ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43), (Array(0..<32), 0x46dd_794e), ([], 0),
  ]

  @Test(arguments: known.indices)
  func givesKnownValues(index: Int) {
    let (bytes, crc) = Self.known[index]
    #expect(mixflow_crc32c(0, bytes, bytes.count) == crc)
    #expect(mixflow_crc32c_portable(0, bytes, bytes.count) == crc)
  }

  @Test(arguments: [1, 7, 8, 9, 64, 1001])
  func goesOnWhereItStopped(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let whole = mixflow_crc32c_portable(0, bytes, count)
    for cut in [0, 1, count / 2, count] {
      let first = mixflow_crc32c(0, Array(bytes[..<cut]), cut)
      #expect(mixflow_crc32c(first, Array(bytes[cut...]), count - cut) == whole)
    }
  }

  @Test func namesTheTensorOfAFlippedBit() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.safetensors")
    var stream = try SafeTensorsStream(
      [
        ("a", .float32, [3]), ("none", .float32, [0]), ("b", .float32, [2]), ("end", .float32, [0]),
      ],
      metadata: ["k": "v"], to: path)
    // Writes need not end where tensors do.
    try stream.write(Tensor([1, 2, 3, 4], shape: [4]))
    try stream.write(Tensor([5], shape: [1]))
    let checksums = try stream.commit()
    let file = try SafeTensorsFile(contentsOf: path)
    try file.verify(checksums)
    let bytes = try readBytes(path)
    let start = bytes.count - 20
    for place in bytes.indices.dropFirst(8) {
      var damaged = bytes
      damaged[place] ^= 0x10
      try writeBytes(damaged, to: path)
      // A header that does not parse is refused before.
      guard let file = try? SafeTensorsFile(contentsOf: path) else { continue }
      let part = place < start ? "the header" : place < start + 12 ? "'a'" : "'b'"
      #expect(throws: CheckpointError.damaged(part: part, file: path)) {
        try file.verify(checksums)
      }
    }
  }
}

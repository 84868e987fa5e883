import MixFlowTestSupport
import MixFlowTraining
import Testing

@Suite struct IDXFileTests {
  static let file = IDXFile(dimensions: [2, 3, 4], values: Array(0..<24))

  @Test func laysOutBytesAsTheFormatSays() {
    let file = IDXFile(dimensions: [1, 258], values: [UInt8](repeating: 7, count: 258))
    #expect(file.bytes.prefix(13) == [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 1, 2, 7])
    #expect(file.bytes.count == 12 + 258)
  }

  @Test func readsPlainAndCompressedFiles() throws {
    let folder = try TemporaryFolder()
    let plain = try folder.write(Self.file.bytes, to: "plain")
    let compressed = try folder.write(Self.file.gzipBytes, to: "compressed")
    #expect(try IDXFile(contentsOf: plain) == Self.file)
    #expect(try IDXFile(contentsOf: compressed) == Self.file)
  }

  /// More than the compressor's buffer holds, and hard to compress.
  @Test func survivesCompressionOfMuchData() throws {
    var state: UInt64 = 3
    let values = (0..<300_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(state >> 56)
    }
    let file = IDXFile(dimensions: [values.count], values: values)
    let folder = try TemporaryFolder()
    #expect(try IDXFile(contentsOf: folder.write(file.gzipBytes, to: "noise")) == file)
  }

  @Test func compressesWithoutATime() {
    #expect(Self.file.gzipBytes.prefix(8) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
    #expect(Self.file.gzipBytes == Self.file.gzipBytes)
  }

  static let faults: [(name: String, bytes: [UInt8], reason: String)] = {
    let plain = file.bytes
    let compressed = file.gzipBytes
    var badChecksum = compressed
    badChecksum[compressed.count - 6] ^= 1
    return [
      ("empty", [], "starts with bytes"),
      ("other magic", [80, 75, 3, 4] + plain, "starts with bytes [80, 75, 3, 4]"),
      ("float values", [0, 0, 13] + plain.dropFirst(3), "IDX type 13"),
      ("no dimensions", [0, 0, 8, 0], "no dimensions"),
      ("header cut off", Array(plain.prefix(9)), "ends within its header"),
      ("values cut off", Array(plain.dropLast()), "holds 23 values"),
      ("values left over", plain + [0], "goes on after the 24 values"),
      ("absurd size", [0, 0, 8, 3] + [UInt8](repeating: 255, count: 12), "absurd"),
      ("gzip cut off", Array(compressed.dropLast(12)), "damaged gzip data"),
      ("gzip without its end", Array(compressed.dropLast(4)), "damaged gzip data"),
      ("gzip with a wrong checksum", badChecksum, "damaged gzip data"),
    ]
  }()

  @Test(arguments: faults)
  func namesFileAndFault(name: String, bytes: [UInt8], reason: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "train-images-idx3-ubyte.gz")
    let error = #expect(throws: DataError.self, "\(name)") { try IDXFile(contentsOf: path) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix(path + ": ") && text.contains(reason), "\(name): \(text)")
    #expect(text.contains("fetch or write the file again"), "\(text)")
  }

  @Test func asksBeforeItTakesMuchMemory() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0, 5], to: "large")
    #expect(throws: DataError.tooLarge(file: path, bytes: 1 << 32, limit: 1 << 20)) {
      try IDXFile(contentsOf: path, byteLimit: 1 << 20)
    }
  }

  @Test func namesTheFileThatIsMissingOrAFolder() throws {
    #expect(throws: DataError.self) { try IDXFile(contentsOf: "/nowhere/file") }
    let folder = try TemporaryFolder()
    let error = #expect(throws: DataError.self) { try IDXFile(contentsOf: folder.path) }
    guard case .unreadable(folder.path, _) = error else {
      Issue.record("unexpected \(String(describing: error))")
      return
    }
  }
}

import MixFlowImage
import MixFlowTestSupport
import Testing

/// JPEG files that are not as they should be.
@Suite struct JPEGTests {
  private static func bytes(_ name: String) throws -> [UInt8] {
    try readBytes(Fixtures.path("jpeg/\(name).jpg"))
  }

  /// The bytes with other content in their frame header, where `offset` 0 is the length of a sample.
  private static func patched(_ name: String, _ offset: Int, _ content: [UInt8]) throws -> [UInt8] {
    var bytes = try bytes(name)
    let marker = try #require(
      bytes.indices.dropLast(8).first {
        bytes[$0] == 0xFF && [0xC0, 0xC2].contains(bytes[$0 + 1]) && bytes[$0 + 4] == 8
      })
    let start = marker + 4 + offset
    bytes.replaceSubrange(start..<start + content.count, with: content)
    return bytes
  }

  @Test(arguments: ["baseline_420", "progressive_444", "cmyk", "baseline_gray"])
  func refusesEveryBeginning(name: String) throws {
    let whole = try Self.bytes(name)
    for count in stride(from: 0, to: whole.count, by: 13) {
      let error = #expect(throws: ImageError.self) {
        try Image(bytes: Array(whole.prefix(count)), name: "a.jpg")
      }
      if count >= 2, case .invalidJPEG("a.jpg", let reason) = error { #expect(!reason.isEmpty) }
      #expect(error?.description.hasPrefix("a.jpg: ") == true)
    }
    #expect(throws: ImageError.self) { try Image(bytes: whole.dropLast(2)) }
  }

  @Test(arguments: ["baseline_420", "progressive_420"])
  func refusesBombsBeforeTheyTakeMemory(name: String) throws {
    let bomb = try Self.patched(name, 1, [0xFF, 0x00, 0xFF, 0x00])
    #expect(
      throws: ImageError.tooLarge(
        file: "bomb.jpg", width: 65_280, height: 65_280, limit: Image.defaultPixelLimit)
    ) { try Image(bytes: bomb, name: "bomb.jpg") }
    let folder = try TemporaryFolder()
    let path = try folder.write(bomb, to: "bomb.jpg")
    #expect(try Image.header(ofFileAt: path).width == 65_280)
    let whole = try Self.bytes(name)
    #expect(throws: ImageError.self) { try Image(bytes: whole, pixelLimit: 37 * 53 - 1) }
    #expect(try Image(bytes: whole, pixelLimit: 37 * 53).width == 53)
  }

  @Test func refusesRareKinds() throws {
    #expect(throws: ImageError.self) {
      try Image(bytes: Self.patched("baseline_gray", 0, [12]), name: "deep.jpg")
    }
    #expect(throws: ImageError.self) {
      try Image(bytes: Self.patched("baseline_420", 1, [0, 0, 0, 0]), name: "empty.jpg")
    }
    #expect(throws: ImageError.unknownFormat(file: "a.gif")) {
      try Image(bytes: Array("GIF89a".utf8), name: "a.gif")
    }
  }

  @Test func takesBytesBehindTheEnd() throws {
    let whole = try Self.bytes("baseline_444")
    #expect(try Image(bytes: whole + [0, 0, 1]) == Image(bytes: whole))
  }

  @Test func readsByContentAndNotByName() throws {
    let folder = try TemporaryFolder()
    let jpeg = try folder.write(Self.bytes("baseline_444"), to: "really-jpeg.png")
    #expect(try Image(contentsOf: jpeg).channels == 3)
    let image = Image(width: 2, height: 1, channels: 1, pixels: [1, 2])
    let png = try folder.write(image.pngBytes(), to: "really-png.jpg")
    #expect(try Image(contentsOf: png) == image)
    #expect(
      try Image.header(ofFileAt: png)
        == Image.Header(format: .png, width: 2, height: 1, channels: 1))
    #expect(throws: ImageError.unreadable(file: "/nowhere/a.jpg", reason: "no such file")) {
      try Image(contentsOf: "/nowhere/a.jpg")
    }
    #expect(throws: ImageError.unreadable(file: "/dev/zero", reason: "not a readable file")) {
      try Image(contentsOf: "/dev/zero")
    }
  }

  @Test func findsTheHeaderBehindLongNotes() throws {
    let whole = try Self.bytes("baseline_444")
    let note = [0xFF, 0xFE, 0xFF, 0xFF] + [UInt8](repeating: 7, count: 65_533)
    let folder = try TemporaryFolder()
    let path = try folder.write(whole.prefix(2) + note + note + whole.dropFirst(2), to: "a.jpg")
    #expect(try Image.header(ofFileAt: path).height == 37)
    #expect(try Image(contentsOf: path) == Image(bytes: whole))
  }

  @Test(arguments: ["baseline_420", "progressive_422", "restarts", "ycck", "baseline_gray"])
  func outlivesChangedBytes(name: String) throws {
    let whole = try Self.bytes(name)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<400 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 2..<bytes.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      do {
        let image = try Image(bytes: bytes, pixelLimit: 1 << 16)
        #expect(image.pixels.count == image.width * image.height * image.channels)
      } catch is ImageError {}
    }
  }
}

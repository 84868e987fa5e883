import Foundation
import MixFlowImage
import Testing

@Suite struct PNGTests {
  @Test(arguments: [1, 3], [(1, 1), (5, 3), (33, 70)])
  func survivesEncodingAndDecoding(channels: Int, size: (width: Int, height: Int)) throws {
    let count = size.width * size.height * channels
    let image = Image(
      width: size.width, height: size.height, channels: channels,
      pixels: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 ^ $0 >> 3) })
    let bytes = try image.pngBytes()
    #expect(try Image(pngBytes: bytes) == image)
    #expect(try image.pngBytes() == bytes)
  }

  /// Pixels that deflate cannot shrink must still fit into the encoder's buffer.
  @Test func encodesNoise() throws {
    var state: UInt64 = 1
    let pixels = (0..<300 * 200 * 3).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(state >> 56)
    }
    let image = Image(width: 300, height: 200, channels: 3, pixels: pixels)
    let bytes = try image.pngBytes()
    #expect(bytes.count > pixels.count)
    #expect(try Image(pngBytes: bytes) == image)
  }

  @Test func readsGrayOfFewBits() throws {
    let png = PNGBuilder(width: 4, height: 1, bitDepth: 2, colourType: 0, rows: [[0b00_01_10_11]])
    #expect(
      try Image(pngBytes: png.bytes)
        == Image(width: 4, height: 1, channels: 1, pixels: [0, 85, 170, 255]))
  }

  @Test func roundsSixteenBitsToEight() throws {
    let png = PNGBuilder(
      width: 4, height: 1, bitDepth: 16, colourType: 0,
      rows: [[0x00, 0x00, 0x80, 0x00, 0x40, 0x90, 0xff, 0xff]])
    // 0x8000 / 257 = 127.5 and 0x4090 / 257 = 64.31.
    let pixels = try Image(pngBytes: png.bytes).pixels
    #expect([[0, 127, 64, 255], [0, 128, 64, 255]].contains(pixels))
  }

  @Test func looksUpPalettes() throws {
    let png = PNGBuilder(
      width: 3, height: 1, colourType: 3, palette: [10, 20, 30, 200, 100, 50], rows: [[1, 0, 1]])
    #expect(
      try Image(pngBytes: png.bytes).pixels == [200, 100, 50, 10, 20, 30, 200, 100, 50])
  }

  @Test func laysTransparencyOverBlack() throws {
    let gray = PNGBuilder(width: 3, height: 1, colourType: 4, rows: [[200, 255, 200, 128, 200, 0]])
    #expect(
      try Image(pngBytes: gray.bytes)
        == Image(width: 3, height: 1, channels: 1, pixels: [200, 100, 0]))
    let colour = PNGBuilder(
      width: 1, height: 2, colourType: 6, rows: [[255, 0, 100, 51], [1, 2, 3, 255]])
    #expect(
      try Image(pngBytes: colour.bytes)
        == Image(width: 1, height: 2, channels: 3, pixels: [51, 0, 20, 1, 2, 3]))
  }

  @Test func refusesHugeImagesByTheirHeader() {
    let png = PNGBuilder(width: 100_000, height: 100_000, colourType: 2, rows: [[0]])
    #expect(
      throws: ImageError.tooLarge(
        file: "bomb.png", width: 100_000, height: 100_000, limit: 64 << 20)
    ) { try Image(pngBytes: png.bytes, name: "bomb.png") }
  }

  @Test func allowsWhatTheCallerAllows() throws {
    let bytes = try Image(width: 4, height: 4, channels: 1, pixels: Array(0..<16)).pngBytes()
    #expect(throws: ImageError.self) { try Image(pngBytes: bytes, pixelLimit: 15) }
    #expect(try Image(pngBytes: bytes, pixelLimit: 16).width == 4)
  }

  @Test func namesTheFileOfDamagedBytes() throws {
    let whole = try Image(width: 16, height: 16, channels: 1, pixels: Array(0...255)).pngBytes()
    var flipped = whole
    flipped[whole.count / 2] ^= 0x40
    let damaged = [Array("GIF89a".utf8), [], Array(whole.prefix(whole.count / 2)), flipped]
    for bytes in damaged {
      let error = #expect(throws: ImageError.self) {
        try Image(pngBytes: bytes, name: "photo.png")
      }
      guard case .invalid("photo.png", let reason) = error else {
        Issue.record("unexpected \(String(describing: error))")
        continue
      }
      #expect(!reason.isEmpty)
    }
  }

  @Test func namesTheFileThatIsMissing() {
    #expect(throws: ImageError.unreadable(file: "/nowhere/a.png", reason: "no such file")) {
      try Image(pngAt: "/nowhere/a.png")
    }
    let reason = "a folder; name PNG or JPEG files"
    #expect(throws: ImageError.unreadable(file: "/", reason: reason)) {
      try Image(pngAt: "/")
    }
  }
}

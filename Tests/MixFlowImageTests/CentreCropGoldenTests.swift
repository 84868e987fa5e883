import MixFlowCheckpoint
import MixFlowImage
import MixFlowTestSupport
import Testing

/// ADM's centre crop against Pillow's bytes.
@Suite struct CentreCropGoldenTests {
  @Test func hasPillowsBytes() throws {
    let file = try Fixtures.file("misc/center_crop")
    let inputs = file.names.filter { $0.hasPrefix("in") }
    try #require(!inputs.isEmpty)
    for name in inputs {
      let image = try Self.image(name, in: file)
      let expected = try Self.image("out" + name.dropFirst(2), in: file)
      #expect(try image.centreCropped(to: expected.width) == expected, "\(name)")
    }
  }

  @Test func cutsAndMirrors() throws {
    let image = Image(width: 3, height: 2, channels: 1, pixels: [0, 1, 2, 3, 4, 5])
    #expect(image.mirrored.pixels == [2, 1, 0, 5, 4, 3])
    #expect(image.cropped(left: 1, top: 1, width: 2, height: 1).pixels == [4, 5])
    #expect(image.rgb.mirrored == image.mirrored.rgb)
    #expect(try image.centreCropped(to: 2).pixels == [0, 1, 3, 4])
    let line = Image(
      width: 60_000, height: 1, channels: 1, pixels: .init(repeating: 0, count: 60_000))
    #expect(throws: ImageError.self) { try line.centreCropped(to: 4096, name: "line.png") }
  }

  private static func image(_ name: String, in file: SafeTensorsFile) throws -> Image {
    let shape = try file.info(for: name).shape
    return Image(
      width: shape[1], height: shape[0], channels: shape[2], pixels: try file.bytes(name))
  }
}

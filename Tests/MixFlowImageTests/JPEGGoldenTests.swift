import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowTestSupport
import Testing

/// JPEG files against the bytes that Pillow gives: baseline and progressive ones of all samplings,
/// gray, RGB without transform, four inks with and without one, restarts, EXIF orientation.
@Suite struct JPEGGoldenTests {
  @Test func hasPillowsBytes() throws {
    let expected = try Fixtures.file("jpeg/pixels")
    try #require(!expected.names.isEmpty)
    for name in expected.names {
      let shape = try expected.info(for: name).shape
      let path = Fixtures.path("jpeg/\(name).jpg")
      let image = try Image(contentsOf: path)
      #expect([image.height, image.width, image.channels] == shape, "\(name)")
      let worst = zip(image.pixels, try expected.bytes(name))
        .map { abs(Int($0) - Int($1)) }.max()
      #expect(worst == 0, "\(name)")
      let header = try Image.header(ofFileAt: path)
      #expect(
        header
          == Image.Header(format: .jpeg, width: shape[1], height: shape[0], channels: shape[2]))
    }
  }
}

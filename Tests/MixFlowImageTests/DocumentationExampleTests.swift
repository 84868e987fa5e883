import MixFlowImage
import MixFlowTestSupport
import Testing

/// The example of the module's page.
@Suite struct DocumentationExampleTests {
  @Test func runs() throws {
    let image = Image(width: 2, height: 1, channels: 1, pixels: [0, 255])
    let sheet = try ImageGrid(columns: 2, padding: 0, scale: 4).image(of: [image, image.mirrored])
    let png = try sheet.pngBytes()
    let again = try Image(bytes: png)

    let byte = Quantization.sit(0.5)  // 127.5 * 0.5 + 128 = 191.75, cut to 191
    #expect([again.width, again.height] == [16, 4])
    #expect(again.pixels == sheet.pixels)
    #expect(byte == 191)
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowImage/Documentation.docc/MixFlowImage.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

import MixFlowCheckpoint
import MixFlowImage
import MixFlowTestSupport
import Testing

/// The rules of bytes against those of the official programs.
@Suite struct QuantizationGoldenTests {
  @Test(arguments: [
    (Quantization.sit, "decoded", "sit_uint8"), (.repa, "decoded", "repa_uint8"),
    (.rae, "rae_img", "rae_uint8"),
  ])
  func bytesMatch(rule: Quantization, input: String, output: String) throws {
    let file = try Fixtures.file("vae/io")
    let (planes, expected) = (try file.tensor(input), try file.bytes(output))
    let (height, width) = (planes.shape[2], planes.shape[3])
    let bytes = (0..<planes.shape[0]).flatMap { sample in
      rule.image(
        planes.samples(sample..<sample + 1).array, channels: planes.shape[1], height: height,
        width: width
      ).pixels
    }
    #expect(bytes == expected)
  }
}

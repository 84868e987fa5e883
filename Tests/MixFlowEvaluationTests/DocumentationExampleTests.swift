import MixFlowEvaluation
import MixFlowImage
import MixFlowTestSupport
import Testing

/// The example of the module's page.
@Suite struct DocumentationExampleTests {
  @Test func runs() throws {
    func image(_ seed: Int) -> Image {
      let pixels = (0..<64).map { UInt8(truncatingIfNeeded: $0 * 5 + seed * ($0 + 31)) }
      return Image(width: 8, height: 8, channels: 1, pixels: pixels)
    }
    let photographs = (0..<40).map(image)
    let samples = (20..<60).map(image)

    let real = try SimpleImageFeatures.moments(of: photographs)
    let generated = try SimpleImageFeatures.moments(of: samples)
    let distance = try frechetDistance(real, generated)
    let residue = borderResidue(of: samples)
    #expect(distance > 1e-3)
    #expect(try frechetDistance(real, real) < distance / 10)
    #expect(residue > 0)
  }

  @Test func isWhatThePageShows() throws {
    let page = "Sources/MixFlowEvaluation/Documentation.docc/MixFlowEvaluation.md"
    #expect(try DocumentedExamples.missing(from: page, in: #filePath) == [])
  }
}

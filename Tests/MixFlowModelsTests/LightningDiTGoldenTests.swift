import MixFlowModels
import MixFlowTestSupport
import Testing

/// LightningDiT against the official PyTorch module, on every fixture folder `models/ldit_*`.
@Suite struct LightningDiTGoldenTests {
  static let fixtures = "models/ldit_"

  @Test(arguments: try ModelFixture.all(matching: fixtures))
  func matches(fixture: ModelFixture) throws {
    try fixture.expectMatch(try Fixtures.lightningDiT(fixture.weights))
  }
}

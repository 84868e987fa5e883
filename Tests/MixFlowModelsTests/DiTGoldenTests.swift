import MixFlowModels
import MixFlowTestSupport
import Testing

/// DiT against the official PyTorch module, on every fixture folder `models/dit*`.
@Suite struct DiTGoldenTests {
  @Test(arguments: try ModelFixture.all(matching: "models/dit"))
  func matches(fixture: ModelFixture) throws {
    try fixture.expectMatch(try Fixtures.dit(fixture.weights))
  }
}

import MixFlowModels
import MixFlowTestSupport
import Testing

/// SiT against the official PyTorch module, on every fixture folder `models/sit_*`.
@Suite struct SiTGoldenTests {
  @Test(arguments: try ModelFixture.all(matching: "models/sit_"))
  func matches(fixture: ModelFixture) throws {
    try fixture.expectMatch(try Fixtures.sit(fixture.weights))
  }
}

import MixFlowModels
import MixFlowTestSupport
import Testing

/// DiT-DH against the official PyTorch module, on every fixture folder `models/ddt_*`.
@Suite struct DiTDHGoldenTests {
  static let fixtures = "models/ddt_"

  @Test(arguments: try ModelFixture.all(matching: fixtures))
  func matches(fixture: ModelFixture) throws {
    try fixture.expectMatch(try Fixtures.ditDH(fixture.weights))
  }
}

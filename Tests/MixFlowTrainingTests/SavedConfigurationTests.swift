import MixFlowTraining
import Testing

@Suite struct SavedConfigurationTests {
  @Test func comesBackAsItWas() throws {
    var run = RunConfiguration()
    run.model.name = "SiT-B/4"
    run.mixflow.gamma = 0.1 + 0.2
    run.training.learningRate = 1e-7
    run.training.clipGrad = 1
    #expect(try RunConfiguration(saved: json(run)) == run)
  }

  @Test func takesDefaultsForKeysOfLaterVersions() throws {
    var expected = RunConfiguration()
    expected.sampler.numSteps = 7
    #expect(try RunConfiguration(saved: #"{"sampler": {"num_steps": 7}}"#) == expected)
  }

  @Test(arguments: ["", "{", "3", #"{"sampler": {"num_steps": "many"}}"#, #"{"sampler": 3}"#])
  func refusesWhatIsNone(text: String) {
    #expect(throws: DecodingError.self) { try RunConfiguration(saved: text) }
  }
}

import MixFlowTestSupport
import Testing
import mixflow

/// What is written to a person, and streams that fail.
@Suite struct ConsoleTests {
  @Test(arguments: [Command.BadStream.fullDevice, .closedPipe])
  func trainingOutlivesItsErrorStream(stream: Command.BadStream) throws {
    let tiny = try TinyRun()
    let train = try Command(
      arguments: ["train", "--config", tiny.config, "--results-dir", tiny.scratch.file("run")],
      errors: stream)
    #expect(train.code == 0 && !train.wasKilled)
    #expect(try tiny.scratch.text("run/metrics.jsonl").split(separator: "\n").count == 4)
  }

  @Test(arguments: [Command.BadStream.fullDevice, .closedPipe])
  func aMistakeKeepsItsCode(stream: Command.BadStream) throws {
    let command = try Command(arguments: ["bogus"], errors: stream)
    #expect(command.code == 64 && !command.wasKilled)
  }

  @Test func aReaderThatHasGoneIsNoFailure() throws {
    let tiny = try TinyRun()
    let check = ["data", "check", tiny.scratch.file("data"), "-q"]
    let command = try Command(arguments: check, output: .closedPipe)
    #expect(command.code == 0 && !command.wasKilled)
    #expect(command.errors.isEmpty)
    let full = try Command(arguments: check, output: .fullDevice)
    #expect(full.code == 1)
    #expect(
      full.errors == "mixflow: error: the result cannot be written to standard output: "
        + "No space left on device\n")
  }

  @Test(arguments: [
    (0.0, "0 s"), (59.4, "59 s"), (60, "1:00"), (187, "3:07"), (3723, "1:02:03"),
    (259_199, "71:59:59"), (4e5, "5 days"), (3e9, "95.1 years"), (1e300, "over 100 years"),
    (.infinity, "over 100 years"), (.nan, "?"),
    (-1, "0 s"),
  ])
  func writesDurations(seconds: Double, text: String) {
    #expect(duration(seconds) == text)
    #expect(estimate(seconds) == (text.hasPrefix("over") ? text : "about \(text)"))
  }
}

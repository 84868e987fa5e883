import MixFlowTestSupport
import Testing

/// `--profile` of `train` and `sample`.
@Suite struct ProfileTests {
  @Test func aStepAddsUp() throws {
    let tiny = try TinyRun()
    let train = try Command(
      "train", "--config", tiny.config, "--results-dir", tiny.scratch.file("run"), "--max-steps",
      "4", "--profile", "-q")
    #expect(train.code == 0, "\(train.errors)")
    let table = try Table(train.output)
    #expect(table.heading == "profile of 3 steps after the first, averages of one")
    #expect(table.sections == ["forward", "backward", "around the network"])
    try table.expectSums()
    let names = Set(table.rows.map(\.name))
    for name in ["optimizer", "losses and norms", "data and noise", "between operations"] {
      #expect(names.contains(name), "\(names)")
    }
    #expect(train.output.contains("\npeak of fused multiply-adds, "))
  }

  @Test func recomputationIsTold() throws {
    let tiny = try TinyRun()
    let train = try Command(
      "train", "--config", tiny.config, "--results-dir", tiny.scratch.file("run"), "--max-steps",
      "2", "--profile", "-q", "--set", "training.activation_checkpointing=full")
    #expect(train.code == 0, "\(train.errors)")
    #expect(
      try Table(train.output).sections
        == ["forward", "backward", "forward again", "around the network"])
  }

  @Test(arguments: [("1", "euler", 4), ("1.5", "euler", 4), ("1.5", "heun", 8)])
  func anEvaluationAddsUp(scale: String, solver: String, evaluations: Int) throws {
    let tiny = try TinyRun()
    let sample = try Command(
      "sample", "--ckpt", try tiny.checkpoint(), "--out", tiny.scratch.file("out"), "--num", "4",
      "--batch-size", "2", "--steps", "3", "--cfg-scale", scale, "--solver", solver, "--profile",
      "-q")
    #expect(sample.code == 0, "\(sample.errors)")
    let table = try Table(sample.output)
    #expect(
      table.heading == "profile of \(evaluations) network evaluations, averages of one")
    #expect(table.sections == ["forward", "around the network"])
    try table.expectSums()
    let attention = try #require(table.rows.first { $0.name == "attention" })
    #expect(attention.calls == 2, "one for each block")
  }

  /// The table as it is printed.
  private struct Table {
    struct Row {
      let name: String
      let calls: Double
      let milliseconds: Double
    }

    let heading: String
    private(set) var sections: [String] = []
    private(set) var rows: [Row] = []
    private var sums: [String: Double] = [:]

    init(_ output: String) throws {
      let lines = output.split(separator: "\n")
      heading = String(try #require(lines.first))
      for line in lines.dropFirst(2) {
        let name = line.prefix(30).trimmed
        let numbers = line.dropFirst(30).split(separator: " ").compactMap { Double($0) }
        if line.hasPrefix("  ") {
          rows.append(Row(name: name, calls: numbers[0], milliseconds: numbers[1]))
        } else if !name.hasPrefix("peak") {
          let sum: Double = try #require(numbers.first)
          sums[name] = sum
          if !["rest, not timed", "total"].contains(name) { sections.append(name) }
        }
      }
    }

    /// Expects rows to add up to their sections, and these with the rest to the whole.
    func expectSums() throws {
      let total = try #require(sums["total"])
      let rest = try #require(sums["rest, not timed"])
      let parts = try sections.map { try #require(sums[$0]) }
      // Each line is rounded to a thousandth.
      let rounding = 0.001 * Double(rows.count + 2)
      #expect(rest >= 0)
      #expect(abs(parts.reduce(rest, +) - total) < rounding)
      #expect(abs(rows.reduce(rest) { $0 + $1.milliseconds } - total) < rounding)
    }
  }
}

extension Substring {
  fileprivate var trimmed: String { split(separator: " ").joined(separator: " ") }
}

import Foundation

/// A line that tells how much is done and how long the rest will take.
struct ProgressLine {
  private let total: Int
  private let unit: String
  private let isQuiet: Bool
  private let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1
  private let start = ContinuousClock().now
  private var done = 0

  init(total: Int, unit: String, isQuiet: Bool) {
    self.total = total
    self.unit = unit
    self.isQuiet = isQuiet
  }

  mutating func advance(by count: Int) {
    done += count
    guard !isQuiet, isTerminal || done == total else { return }
    let seconds = (ContinuousClock().now - start) / .seconds(1)
    let rate = Double(done) / max(seconds, 1e-9)
    let text = """
      \(done)/\(total) \(unit)  \(rate.formatted("%.1f"))/s  \
      ETA \(duration(Double(total - done) / rate))
      """
    StandardStream.log(
      isTerminal ? "\r\u{1B}[K" + text + (done == total ? "\n" : "") : text + "\n")
  }
}

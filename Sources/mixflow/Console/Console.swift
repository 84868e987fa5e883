import Foundation
import MixFlowTraining

/// Writes lines for a person to standard error.
struct Console {
  let isQuiet: Bool

  func say(_ line: String) {
    guard !isQuiet else { return }
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  func show(_ progress: TrainingProgress) {
    switch progress {
    case .metrics(let line, let total, let seconds):
      say(
        String(
          format: "step %d/%d  loss %.4f  grad %.3f  lr %.2e  %.1f images/s  ETA %@", line.step,
          total, line.loss, line.gradientNorm, line.learningRate, line.imagesPerSecond,
          duration(seconds)))
    case .checkpoint(let path): say("checkpoint \(path)")
    case .samples(let path): say("samples \(path)")
    }
  }
}

/// Returns seconds as `4 s`, `3:07` or `1:02:03`.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite else { return "?" }
  let whole = Int(seconds.rounded())
  let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
  if hours > 0 { return String(format: "%d:%02d:%02d", hours, minutes, rest) }
  return minutes > 0 ? String(format: "%d:%02d", minutes, rest) : "\(rest) s"
}

import MixFlowTraining

/// Writes lines for a person to standard error.
struct Console {
  let isQuiet: Bool

  func say(_ line: String) {
    guard !isQuiet else { return }
    StandardStream.log(line + "\n")
  }

  func show(_ progress: TrainingProgress) {
    switch progress {
    case .metrics(let line, let total, let seconds):
      say(
        """
        step \(line.step)/\(total)  loss \(line.loss.formatted("%.4f"))  \
        \(line.projectionLoss.map { "proj \($0.formatted("%.4f"))  " } ?? "")\
        grad \(line.gradientNorm.formatted("%.3f"))  lr \(line.learningRate.formatted("%.2e"))  \
        \(line.imagesPerSecond.formatted("%.1f")) images/s  ETA \(duration(seconds))
        """)
    case .validation(let line):
      let losses = [("val", line.loss), ("val raw", line.rawLoss)].compactMap { name, loss in
        loss.map { "\(name) \($0.formatted("%.4f"))" }
      }
      say("step \(line.step)  \(losses.joined(separator: "  "))")
    // Nothing is left out in silence, whichever process meets it.
    case .skipped(let file): StandardStream.log("mixflow: warning: left out \(file.reason)\n")
    case .snapshot(let path): say("snapshot \(path)")
    case .checkpoint(let path): say("checkpoint \(path)")
    case .spike(let event, let reason):
      // Even of a quiet run, as it is a warning.
      StandardStream.log(
        """
        warning: \(reason). Batch \(event.batch) is left out \
        (\(event.event.rawValue), going on from step \(event.step); \(event.spikes) so far)

        """)
    case .samples(let path): say("samples \(path)")
    }
  }
}

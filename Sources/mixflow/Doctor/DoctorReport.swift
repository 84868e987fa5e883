import Foundation

/// The machine, its speed and what is wrong with it.
package struct DoctorReport: Encodable {
  let version = MixFlowCommand.configuration.version
  let machine: Machine
  let speed: SpeedTest?
  let findings: [Finding]

  /// Finds what is wrong.
  package init(_ machine: Machine, speed: SpeedTest?) {
    self.machine = machine
    self.speed = speed
    findings = machine.findings + (speed?.findings(on: machine.processor) ?? [])
  }

  /// Whether nothing must be mended.
  var isFine: Bool { !findings.contains(where: \.isProblem) }

  /// The report for a person.
  package var text: String {
    let (blas, processor) = (machine.blas, machine.processor)
    var lines = [
      row("mixflow", "\(version), \(machine.isRelease ? "release" : "DEBUG") build"),
      row("processor", processor.model),
      row("features", processor.features.isEmpty ? "none known" : list(processor.features)),
      row("processors", processors),
      row("memory", memory),
      row("huge pages", machine.hugePages ?? "unknown"),
      row("products", machine.ownProducts.map { "own kernels, \($0)" } ?? "by the BLAS"),
      row("BLAS", blas.library),
      row("", blas.config.isEmpty ? "no description" : blas.config),
      row("kernels", kernels),
      row("LAPACKE", blas.hasLAPACKE ? "found" : "missing"),
    ]
    lines += machine.environment.sorted { $0.key < $1.key }.map { row("set", "\($0)=\($1)") }
    if let speed { lines += ["", speedText(speed)] }
    lines.append("")
    lines += findings.map { finding in
      "\(finding.isProblem ? "PROBLEM" : "note"): \(finding.fault)\n  -> \(finding.mend)"
    }
    if isFine { lines.append("No problem found.") }
    return lines.joined(separator: "\n")
  }

  private var processors: String {
    let (processor, load) = (machine.processor, machine.processor.load)
    let quota = processor.quota.map { String(format: ", %.1f granted", $0) } ?? ""
    return "\(processor.present) present, \(processor.allowed) allowed\(quota), "
      + "\(machine.threads) threads used" + (load.map { String(format: ", load %.1f", $0) } ?? "")
  }

  private var memory: String {
    func gibibytes(_ bytes: Int?) -> String {
      bytes.map { String(format: "%.1f GiB", Double($0) / 1_073_741_824) } ?? "unknown"
    }
    return "\(gibibytes(machine.memory)), \(gibibytes(machine.availableMemory)) available"
  }

  private var kernels: String {
    let blas = machine.blas
    let found = blas.core.isEmpty ? "not told" : blas.core
    return blas.requestedCore.isEmpty ? found : "\(found) (asked for \(blas.requestedCore))"
  }

  private func speedText(_ speed: SpeedTest) -> String {
    func rate(_ rate: SpeedTest.Rate, of peak: SpeedTest.Rate) -> String {
      String(format: "%8.1f %8.1f %4.0f%%", rate.best, rate.median, 100 * rate.best / peak.best)
    }
    let (one, all) = (speed.peakOfOneThread, speed.peakOfAllThreads)
    let threads = speed.threads == 1 ? "1 thread again" : "\(speed.threads) threads"
    var lines = [
      "GFLOP/s: best, median, share of peak    1 thread".padded(62) + threads,
      "peak of fused multiply-add, \(speed.registers)".padded(36) + rate(one, of: one) + "  "
        + rate(all, of: all),
    ]
    for product in speed.products {
      lines.append(
        "\(product.rows) x \(product.depth) x \(product.columns)".padded(36)
          + rate(product.oneThread, of: one) + "  " + rate(product.allThreads, of: all) + "  "
          + product.name)
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ name: String, _ value: String) -> String { name.padded(12) + value }

  private func list(_ words: [String]) -> String { words.joined(separator: " ") }
}

extension String {
  /// The text with spaces up to a width.
  func padded(_ width: Int) -> String {
    count < width ? self + String(repeating: " ", count: width - count) : self
  }
}

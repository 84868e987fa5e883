import MixFlowTensor

/// A profile as a table for a person: averages over units of work, such as steps.
struct ProfileReport {
  private let profile: Profile
  private let heading: String
  private let units: Double
  private let peak: SpeedTest.Peak

  /// Prepares the table and measures the peak of the processor.
  ///
  /// - Parameters:
  ///   - profile: The costs.
  ///   - units: The number of units that they are divided by.
  ///   - name: A unit's name, such as `step`.
  ///   - note: What else to say in the heading.
  init(_ profile: Profile, per units: Int, _ name: String, note: String = "") {
    self.profile = profile
    self.units = Double(max(units, 1))
    heading = "profile of \(units) \(name)\(units == 1 ? "" : "s")\(note), averages of one"
    peak = SpeedTest.Peak(threads: Parallelism.threads)
  }

  /// The table.
  var text: String {
    let labels = ["calls", "ms", "share", "GFLOP/s", "of peak", "MB", "GB/s"]
    var lines = [heading, "".padded(nameWidth) + cells(labels)]
    for pass in ComputationPass.allCases {
      let costs = profile.costs.filter { $0.key.pass == pass }
        .sorted { ($0.value.seconds, $0.key.kind.text) > ($1.value.seconds, $1.key.kind.text) }
      guard !costs.isEmpty else { continue }
      lines.append(time(pass.text, costs.reduce(0) { $0 + $1.value.seconds }))
      lines += costs.map { row("  " + $0.key.kind.text, $0.value) }
    }
    lines.append(time("rest, not timed", profile.rest))
    lines.append(time("total", profile.seconds))
    lines.append(
      "peak of fused multiply-adds, \(peak.registers), \(Parallelism.threads) threads: "
        + "\((peak.rate.best).formatted("%.1f")) GFLOP/s")
    return lines.joined(separator: "\n")
  }

  private let nameWidth = 30

  private func time(_ name: String, _ seconds: Double) -> String {
    name.padded(nameWidth) + cells(["", milliseconds(seconds), share(seconds)])
  }

  private func row(_ name: String, _ cost: Profile.Cost) -> String {
    let gflops = Double(cost.flops) / max(cost.seconds, 1e-9) / 1e9
    let bytes = Double(cost.bytes)
    return name.padded(nameWidth)
      + cells([
        (Double(cost.calls) / units).formatted("%.4g"), milliseconds(cost.seconds),
        share(cost.seconds), cost.flops == 0 ? "" : gflops.formatted("%.1f"),
        cost.flops == 0 ? "" : (100 * gflops / peak.rate.best).formatted("%.0f %%"),
        cost.bytes == 0 ? "" : (bytes / units / 1e6).formatted("%.2f"),
        cost.bytes == 0 ? "" : (bytes / max(cost.seconds, 1e-9) / 1e9).formatted("%.1f"),
      ])
  }

  private func milliseconds(_ seconds: Double) -> String {
    (1e3 * seconds / units).formatted("%.3f")
  }

  private func share(_ seconds: Double) -> String {
    (100 * seconds / max(profile.seconds, 1e-9)).formatted("%.1f %%")
  }

  /// Right-aligned columns; empty ones at the end leave no spaces.
  private func cells(_ texts: [String]) -> String {
    let used = texts.prefix { !$0.isEmpty }.count
    let last = texts.lastIndex { !$0.isEmpty } ?? used
    return texts.prefix(last + 1).map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }
      .joined()
  }
}

extension ComputationPass {
  fileprivate var text: String {
    switch self {
    case .forward: "forward"
    case .backward: "backward"
    case .recomputation: "forward again"
    case .around: "around the network"
    }
  }
}

extension OperationKind {
  fileprivate var text: String {
    switch self {
    case .linear(let inputs, let outputs): "linear \(inputs) -> \(outputs)"
    case .convolution: "convolution"
    case .attention: "attention"
    case .normalization: "normalization"
    case .activation: "activation"
    case .elementwise: "elementwise"
    case .embedding: "embedding"
    case .layout: "layout"
    case .reduction: "losses and norms"
    case .transport: "states"
    case .batch: "data and noise"
    case .optimizer: "optimizer"
    case .betweenOperations: "between operations"
    }
  }
}

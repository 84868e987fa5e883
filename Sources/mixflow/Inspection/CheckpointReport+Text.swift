import Foundation

extension CheckpointReport {
  /// The report for a person.
  var text: String {
    var lines = [
      "file        \(file)", "format      \(format)", "kind        \(kind.rawValue)",
    ]
    if !weights.isEmpty {
      lines.append("holds       \(weights.joined(separator: " and ")) weights")
    }
    if let step { lines.append("step        \(step)") }
    for (index, entry) in arguments.sorted(by: { $0.key < $1.key }).enumerated() {
      lines.append("\(index == 0 ? "args        " : "            ")\(entry.key) = \(entry.value)")
    }
    if let model {
      lines.append(
        """
        model       input \(model.inputSize)x\(model.inputSize)x\(model.inChannels), patch \
        \(model.patchSize), width \(model.width), depth \(model.depth), heads \(model.heads), \
        mlp ratio \(model.mlpRatio)
                    \(model.classCount) classes\(model.hasNullClass ? " and the null class" : ""), \
        learn_sigma \(model.learnSigma)
        """)
    }
    if let parameters { lines.append("parameters  \(Description.grouped(parameters))") }
    for group in groups {
      let types = group.types.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      lines.append(
        """
        \(group.name.padding(toLength: 12, withPad: " ", startingAt: 0))\(group.tensors) tensors \
        (\(types.joined(separator: ", "))), \
        \(Description.grouped(group.statistics.elements)) elements, \(group.statistics.text)
        """)
    }
    for entry in entries ?? [] {
      let statistics = entry.statistics.map { ", \($0.text)" } ?? ""
      lines.append("  \(entry.name)  \(entry.type) \(entry.shape)\(statistics)")
    }
    return lines.joined(separator: "\n")
  }
}

extension TensorStatistics {
  fileprivate var text: String {
    let range = [minimum, maximum].map { $0.map { String(format: "%.4g", $0) } ?? "none" }
    return String(format: "norm %.6g, min %@, max %@", norm, range[0], range[1])
      + (isFinite ? "" : ", \(nan) NaN, \(infinite) infinite")
  }
}

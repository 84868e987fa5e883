import Foundation
import MixFlowModels
import MixFlowTraining

extension CheckpointReport {
  /// The report for a person.
  var text: String {
    var lines = [
      "file        \(file)", "format      \(format)", "kind        \(kind.text)",
    ]
    if !weights.isEmpty {
      lines.append("holds       \(weights.joined(separator: " and ")) weights")
    }
    if let step { lines.append("step        \(step)") }
    for (index, entry) in arguments.sorted(by: { $0.key < $1.key }).enumerated() {
      lines.append("\(index == 0 ? "args        " : "            ")\(entry.key) = \(entry.value)")
    }
    if let model { lines.append("network     " + model.text()) }
    if let sizes { lines.append("sizes       \(sizes)") }
    for line in latents?.summary ?? [] { lines.append("latents     \(line)") }
    if let parameters { lines.append("parameters  \(Description.grouped(parameters))") }
    if let adapterValues {
      lines.append("adapters    \(Description.grouped(adapterValues)) values")
    }
    let width = groups.reduce(12) { max($0, $1.name.count + 1) }
    for group in groups {
      let types = group.types.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      lines.append(
        """
        \(group.name.padding(toLength: width, withPad: " ", startingAt: 0))\(counted(group.tensors, "tensor")) \
        (\(types.joined(separator: ", "))), \
        \(Description.grouped(group.statistics.elements)) elements, \(group.statistics.text)
        """)
    }
    for note in notes { lines.append("note        \(note)") }
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

extension ModelConfiguration {
  /// The sizes in two lines, for a column of twelve characters.
  ///
  /// - Parameter knowsHeads: Whether the number of heads is the model's.
  /// - Returns: The lines.
  func text(knowsHeads: Bool = true) -> String {
    let section = ModelSection(self)
    let shape = sampleShape
    func both(_ sizes: StageSizes) -> String {
      sizes.encoder == sizes.head ? "\(sizes.encoder)" : "\(sizes.encoder) and \(sizes.head)"
    }
    return """
      \(kind.rawValue), input \(shape[1])x\(shape[2])x\(shape[0]), patch \
      \(section.patchSize), width \(both(section.hiddenSize)), depth \(both(section.depth)), heads \
      \(knowsHeads ? both(section.numHeads) : "unknown"), mlp ratio \(section.mlpRatio)
                  \(classCount) classes\(hasNullClass ? " and the null class" : "")\(options(section))
      """
  }

  private func options(_ section: ModelSection) -> String {
    switch self {
    case .sit, .dit: ", learn_sigma \(section.learnSigma)"
    case .repa: ", z_dims \(section.zDims), qk_norm \(section.useQKNorm)"
    case .lightningDiT, .ditDH:
      ", use_qknorm \(section.useQKNorm), use_swiglu \(section.useSwiGLU), use_rope "
        + "\(section.useRoPE), use_rmsnorm \(section.useRMSNorm)"
    }
  }
}

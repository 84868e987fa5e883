import Foundation
import MixFlowCheckpoint
import MixFlowTensor

/// The adapters of a training checkpoint, to be written as PEFT keeps them.
public struct AdapterExport {
  /// The layers with an adapter.
  public let layers: [String]
  /// The values that are written.
  public private(set) var valueCount = 0
  private let settings: LoRASection
  private let tensors: [(name: String, value: Tensor)]
  private let modules: [String]

  /// The files that ``write(to:)`` makes in a folder.
  public static let files = [AdapterFolder.Name.configuration, AdapterFolder.Name.tensors]

  /// Reads a training checkpoint.
  ///
  /// - Parameters:
  ///   - path: A file of a run with `lora.rank`.
  ///   - weights: Which of its weights to take.
  /// - Throws: `CheckpointError` for a file without adapters, or ``ConfigurationError`` where the run
  ///   trained something else that PEFT cannot keep.
  public init(contentsOf path: String, weights: WeightsChoice = .auto) throws {
    let file = try CheckpointFormat.open(path)
    let state = try StateDict(file).weights(weights)
    layers = state.adaptedLayers
    guard !layers.isEmpty else {
      throw CheckpointError.weights(
        reason: "holds no adapters; they come from a run with lora.rank", file: path)
    }
    let configuration = try TrainingCheckpoint.configuration(of: file)
    settings = configuration.lora
    modules = try Self.wholeModules(in: state, configuration)
    let whole = modules.flatMap { module in
      state.keys.filter {
        !AdapterKey.isFactor($0) && $0.hasPrefix(module + ".")
          && !$0.dropFirst(module.count + 1).contains(".")
      }
    }
    let keys = state.keys.filter(AdapterKey.isFactor) + whole
    tensors = try keys.map { (name: AdapterFolder.Name.prefix + $0, value: try state.tensor($0)) }
    valueCount = tensors.reduce(0) { $0 + $1.value.count }
  }

  /// The modules that were trained whole, beside adapters: PEFT's `modules_to_save`.
  private static func wholeModules(
    in state: StateDict, _ configuration: RunConfiguration
  ) throws -> [String] {
    let patterns = configuration.training.trainOnly.map(ParameterPattern.init)
    var modules: [String] = []
    for key in state.keys where !AdapterKey.isFactor(key) {
      guard patterns.contains(where: { $0.matches(key) }) else { continue }
      guard let dot = key.lastIndex(of: ".") else {
        throw ConfigurationError(
          key: "training.train_only",
          problem:
            "trained '\(key)', which is no layer, so that PEFT cannot keep it; 'mixflow convert' "
            + "writes all merged")
      }
      let module = String(key[..<dot])
      if modules.last != module { modules.append(module) }
    }
    return modules
  }

  /// Writes the two files of an adapter.
  ///
  /// - Parameter folder: The folder, which is created.
  /// - Throws: `CheckpointError` when one cannot be written.
  public func write(to folder: String) throws {
    try createFolder(folder)
    try SafeTensorsWriter.write(
      tensors, metadata: ["format": "pt"], to: "\(folder)/\(AdapterFolder.Name.tensors)")
    try AtomicFile.write(
      try configurationText(), to: "\(folder)/\(AdapterFolder.Name.configuration)")
  }

  private func configurationText() throws -> String {
    let rank = settings.rank ?? 1
    let alpha = settings.alpha ?? Double(rank)
    let values: [String: Any] = [
      "peft_type": "LORA", "r": rank, "lora_alpha": Int(exactly: alpha) ?? alpha,
      "target_modules": layers, "modules_to_save": modules.isEmpty ? NSNull() : modules as Any,
      "lora_dropout": 0.0, "bias": "none", "fan_in_fan_out": false, "inference_mode": true,
      "init_lora_weights": true, "use_rslora": false, "use_dora": false,
      "rank_pattern": [String: Any](),
      "alpha_pattern": [String: Any](), "base_model_name_or_path": NSNull(), "task_type": NSNull(),
    ]
    let data = try JSONSerialization.data(
      withJSONObject: values, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self) + "\n"
  }
}

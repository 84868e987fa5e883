import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// How exported weights are stored.
public enum ExportPrecision: String, CaseIterable, Codable, Sendable {
  /// As they are.
  case float32
  /// Rounded to IEEE 754's half precision.
  case float16
  /// Rounded to the upper half of a float32.
  case bfloat16

  fileprivate func store(_ tensor: Tensor) -> StoredTensor {
    switch self {
    case .float32: .float32(tensor)
    case .float16: .float16(tensor)
    case .bfloat16: .bfloat16(tensor)
    }
  }
}

/// The formats in which weights are exported, told by the ending of the file's name.
public enum ExportFormat: CaseIterable, Sendable {
  /// Hugging Face safetensors, `.safetensors`: a bare state dict.
  case safeTensors
  /// PyTorch, `.pt` or `.pth`: a state dict where the official programs look for it.
  case torch

  /// The format of a file of this name, or nil where its ending is none of a checkpoint.
  public init?(path: String) {
    guard let format = Self.allCases.first(where: { $0.endings.contains(where: path.hasSuffix) })
    else { return nil }
    self = format
  }

  /// The endings of names.
  public var endings: [String] {
    switch self {
    case .safeTensors: [".safetensors"]
    case .torch: [".pt", ".pth"]
    }
  }
}

extension ModelCheckpoint {
  /// Writes the weights alone, with the official keys, so that they can be shipped or sampled.
  ///
  /// In a PyTorch file averages are below `ema`, the one place where the sampling programs of SiT,
  /// DiT, REPA and RAE all look, and other weights below `model`; our configuration is beside them, as
  /// text. RAE refuses a file with `model` alone, so that of its networks they are a bare state dict.
  ///
  /// - Parameters:
  ///   - precision: How to store them; half precisions halve the file.
  ///   - format: The format of the file.
  ///   - path: The file to write.
  /// - Throws: `CheckpointError` when it cannot be written.
  public func export(
    _ precision: ExportPrecision, as format: ExportFormat = .safeTensors, to path: String
  ) throws {
    typealias Key = TrainingCheckpoint.MetadataKey
    let tensors = model.stateDictEntries.map { (name: $0.name, value: precision.store($0.value)) }
    var metadata = [
      (key: Key.model, text: try json(sizes)),
      (key: Key.configuration, text: try json(configuration)),
    ]
    if let latentOrigin { metadata.append((key: Key.latents, text: try json(latentOrigin))) }
    switch format {
    case .safeTensors:
      try SafeTensorsWriter.write(
        tensors, metadata: Dictionary(uniqueKeysWithValues: metadata.map { ($0.key, $0.text) }),
        to: path)
    case .torch:
      try TorchWriter.write(torchItem(tensors, metadata), to: path)
    }
  }

  private func torchItem(
    _ tensors: [(name: String, value: StoredTensor)], _ metadata: [(key: String, text: String)]
  ) -> TorchItem {
    guard weights != .raw || ![.lightningDiT, .ditDH].contains(sizes.kind) else {
      return .stateDict(tensors)
    }
    return .dictionary(
      [(key: weights == .raw ? "model" : "ema", value: .stateDict(tensors))]
        + metadata.map { (key: $0.key, value: .string($0.text)) })
  }
}

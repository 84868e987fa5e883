import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// How exported weights are stored.
public enum ExportPrecision: String, CaseIterable, Codable, Sendable {
  case float32, float16, bfloat16

  fileprivate func store(_ tensor: Tensor) -> StoredTensor {
    switch self {
    case .float32: .float32(tensor)
    case .float16: .float16(tensor)
    case .bfloat16: .bfloat16(tensor)
    }
  }
}

extension ModelCheckpoint {
  /// Writes the weights alone, with the official keys, so that they can be shipped or sampled.
  ///
  /// - Parameters:
  ///   - precision: How to store them; half precisions halve the file.
  ///   - path: The safetensors file to write.
  /// - Throws: `CheckpointError` when it cannot be written.
  public func export(_ precision: ExportPrecision, to path: String) throws {
    try SafeTensorsWriter.write(
      model.stateDictEntries.map { (name: $0.name, value: precision.store($0.value)) },
      metadata: [
        TrainingCheckpoint.MetadataKey.model: try json(model.configuration),
        TrainingCheckpoint.MetadataKey.configuration: try json(configuration),
      ], to: path)
  }
}

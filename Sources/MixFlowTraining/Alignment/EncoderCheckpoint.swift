import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// An encoder of features read from its file: DINOv2 as `torch.hub` downloads it, such as
/// `dinov2_vitb14_pretrain.pth`, or as transformers stores it, told apart by their keys.
public struct EncoderCheckpoint {
  /// The encoder.
  public let encoder: DINOv2
  /// What it is known by.
  public let origin: EncoderOrigin

  /// Reads an encoder.
  ///
  /// - Parameters:
  ///   - path: A safetensors or PyTorch file.
  ///   - type: The encoder that it must be, or nil for whichever it is.
  /// - Throws: `CheckpointError`, `ModelInferenceError` or `ConfigurationError` that names the file.
  public init(contentsOf path: String, type: EncoderType? = nil) throws {
    let file = try AutoencoderFile(path)
    let known: [DINOv2Keys] = [.hub, .transformers]
    guard
      let (keys, prefix) = known.lazy.compactMap({ keys in
        file.prefix(before: keys.telltale).map { (keys, $0) }
      }).first
    else {
      throw ModelInferenceError(
        file: path,
        problem: "is no DINOv2: no tensor '\(DINOv2Keys.hub.telltale)' (torch.hub) nor "
          + "'\(DINOv2Keys.transformers.telltale)' (transformers)")
    }
    let part = AutoencoderPart(file, prefix: prefix)
    let sizes = try DINOv2Configuration(
      inferredFrom: { keys.shape(of: $0, in: part.shape) }, file: path)
    if let type { try sizes.check(type, file: path) }
    let source = EncoderParameters(part)
    encoder = try DINOv2(sizes, from: keys == .hub ? DINOv2HubParameters(source) : source)
    // A classifier that was trained on top of the features is not needed.
    try file.reader.expectAllRead { key in
      ["head.", "linear_head.", "classifier."].contains(where: key.hasPrefix)
    }
    origin = EncoderOrigin(encoder, path: path)
  }
}

/// The parameters of an encoder's file, which may lack what training alone needs.
private final class EncoderParameters: ParameterSource {
  private let part: AutoencoderPart

  init(_ part: AutoencoderPart) { self.part = part }

  func value(for key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
    guard !key.hasSuffix("mask_token") || part.shape(key) != nil else {
      return Tensor(zeros: shape)
    }
    return try part.value(for: key, shape: shape, initializer: initializer)
  }
}

extension DINOv2Configuration {
  /// Refuses a file of another size than its name says.
  fileprivate func check(_ type: EncoderType, file: String) throws(ConfigurationError) {
    let wanted = type.sizes
    guard
      [width, depth, heads, patchSize] != [
        wanted.width, wanted.depth, wanted.heads, wanted.patchSize,
      ] || (registers > 0) != (wanted.registers > 0)
    else { return }
    throw ConfigurationError(
      key: "training.enc_type",
      problem: "is \(type.rawValue), but \(file) has width \(width), depth \(depth), patch "
        + "\(patchSize) and \(registers) registers; set it to null to take the file as it is")
  }
}

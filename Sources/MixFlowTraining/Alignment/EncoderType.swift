import MixFlowModels

/// A published encoder by the name that REPA's `--enc-type` gives it.
public enum EncoderType: String, CaseIterable, Sendable {
  /// DINOv2-S/14.
  case dinoV2Small = "dinov2-vit-s"
  /// DINOv2-B/14, REPA's default.
  case dinoV2Base = "dinov2-vit-b"
  /// DINOv2-L/14.
  case dinoV2Large = "dinov2-vit-l"
  /// DINOv2-S/14 with registers.
  case dinoV2SmallRegisters = "dinov2reg-vit-s"
  /// DINOv2-B/14 with registers.
  case dinoV2BaseRegisters = "dinov2reg-vit-b"
  /// DINOv2-L/14 with registers.
  case dinoV2LargeRegisters = "dinov2reg-vit-l"

  /// Looks up a name.
  ///
  /// - Throws: ``ConfigurationError`` for a name that is none, or that of an encoder or of several
  ///   encoders that upstream knows but this library does not.
  public init(parsing name: String) throws(ConfigurationError) {
    guard let type = EncoderType(rawValue: name.lowercased()) else {
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(
        key: "training.enc_type",
        problem: "'\(name)' is none of the encoders that are known here, one at a time: \(known)")
    }
    self = type
  }

  /// Its sizes.
  public var sizes: DINOv2Configuration {
    let (width, depth) =
      switch self {
      case .dinoV2Small, .dinoV2SmallRegisters: (384, 12)
      case .dinoV2Base, .dinoV2BaseRegisters: (768, 12)
      case .dinoV2Large, .dinoV2LargeRegisters: (1024, 24)
      }
    return DINOv2Configuration(
      width: width, depth: depth, heads: width / 64,
      registers: rawValue.hasPrefix("dinov2reg") ? 4 : 0)
  }
}

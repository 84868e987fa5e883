/// The networks that this library knows.
public enum ModelKind: String, CaseIterable, Codable, Sendable {
  /// The scalable interpolant transformer (willisma/SiT).
  case sit = "SiT"
  /// The diffusion transformer (facebookresearch/DiT).
  case dit = "DiT"
  /// SiT with heads that are aligned to an encoder's features (sihyun-yu/REPA).
  case repa = "REPA"
  /// The transformer with RoPE, RMSNorm and SwiGLU (RAE `stage2.models.lightningDiT`).
  case lightningDiT = "LightningDiT"
  /// The transformer with a wide head, `DiTwDDTHead` (RAE `stage2.models.DDT`).
  case ditDH = "DiT-DH"

  /// Whether upstream trains it with the data at time 0 and the noise at time 1, unlike SiT.
  public var hasDataAtZero: Bool {
    switch self {
    case .sit, .dit: false
    case .repa, .lightningDiT, .ditDH: true
    }
  }
}

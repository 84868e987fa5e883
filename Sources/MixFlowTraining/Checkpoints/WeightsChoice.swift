/// Which of a checkpoint's weights to use.
public enum WeightsChoice: RawRepresentable, CaseIterable, Codable, Hashable, Sendable {
  /// The moving average where the file has one, else the weights.
  case auto
  /// The moving average.
  case ema
  /// The weights that the optimizer changes.
  case raw
  /// The moving average with this one of `training.ema_decays`.
  case average(decay: Double)
  /// The power-function average with this one of the relative widths of `training.posthoc_ema`.
  case posthoc(width: Double)

  /// The choices that every file may have.
  public static let allCases: [Self] = [.auto, .ema, .raw]

  /// Reads `auto`, `ema`, `raw`, a decay such as `ema:0.999`, or a width such as `posthoc:0.05`.
  public init?(rawValue: String) {
    if let choice = Self.allCases.first(where: { $0.rawValue == rawValue }) {
      self = choice
    } else if rawValue.hasPrefix("ema:"), let decay = Double(rawValue.dropFirst(4)) {
      self = .average(decay: decay)
    } else if rawValue.hasPrefix("posthoc:"), let width = Double(rawValue.dropFirst(8)) {
      self = .posthoc(width: width)
    } else {
      return nil
    }
  }

  /// The name.
  public var rawValue: String {
    switch self {
    case .auto: "auto"
    case .ema: "ema"
    case .raw: "raw"
    case .average(let decay): "ema:\(decay)"
    case .posthoc(let width): "posthoc:\(width)"
    }
  }
}

/// The published sizes: S, B, L and XL with patches of 2, 4 or 8.
public enum SiTSize: String, CaseIterable, Sendable {
  /// 12 blocks of width 384.
  case small = "S"
  /// 12 blocks of width 768.
  case base = "B"
  /// 24 blocks of width 1024.
  case large = "L"
  /// 28 blocks of width 1152.
  case extraLarge = "XL"

  /// The width of a token.
  public var width: Int {
    switch self {
    case .small: 384
    case .base: 768
    case .large: 1024
    case .extraLarge: 1152
    }
  }

  /// The number of blocks.
  public var depth: Int {
    switch self {
    case .small, .base: 12
    case .large: 24
    case .extraLarge: 28
    }
  }

  /// The number of attention heads.
  public var heads: Int {
    switch self {
    case .small: 6
    case .base: 12
    case .large, .extraLarge: 16
    }
  }

  /// The names of all published models, such as `SiT-XL/2`.
  public static var modelNames: [String] {
    allCases.flatMap { size in [2, 4, 8].map { "SiT-\(size.rawValue)/\($0)" } }
  }
}

extension SiTConfiguration {
  /// Creates the configuration of a published model.
  ///
  /// - Parameters:
  ///   - name: A name such as `SiT-XL/2`; the prefix may be left out.
  ///   - inputSize: The side of the latent: 32 for images of 256 pixels, 64 for 512.
  ///   - classCount: The number of classes.
  ///   - learnSigma: Whether the last layer predicts twice the channels, as the released files do.
  /// - Throws: ``ModelConfigurationError`` for a name that is not published.
  public init(
    named name: String, inputSize: Int = 32, classCount: Int = 1000, learnSigma: Bool = true
  ) throws(ModelConfigurationError) {
    let parts = name.replacing("SiT-", with: "").split(separator: "/")
    guard parts.count == 2, let size = SiTSize(rawValue: String(parts[0])),
      let patch = Int(parts[1]), [2, 4, 8].contains(patch)
    else {
      throw ModelConfigurationError(
        key: "model", problem: "is '\(name)'; known: \(SiTSize.modelNames.joined(separator: ", "))")
    }
    self.init(
      inputSize: inputSize, patchSize: patch, width: size.width, depth: size.depth,
      heads: size.heads, classCount: classCount, learnSigma: learnSigma)
  }
}

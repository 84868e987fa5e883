/// A model option that cannot be used.
public struct ModelConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The option's name in configuration files.
  public let key: String
  /// What is wrong with it.
  public let problem: String

  /// The key and the problem in one sentence.
  public var description: String { "\(key) \(problem)" }
}

/// The options that all models have, and the most that each may be.
enum ModelOption: String {
  case inputSize = "input_size"
  case patchSize = "patch_size"
  case inChannels = "in_channels"
  case width = "hidden_size"
  case depth
  case heads = "num_heads"
  case mlpRatio = "mlp_ratio"
  case classCount = "num_classes"

  private var limit: Int {
    switch self {
    case .inputSize, .patchSize: 4096
    case .inChannels, .width, .heads: 65_536
    case .depth: 1024
    case .mlpRatio: 64
    case .classCount: 10_000_000
    }
  }

  /// Refuses values that are not positive or are past all reason.
  static func check(_ values: [(ModelOption, Int)]) throws(ModelConfigurationError) {
    for (option, value) in values where !(1...option.limit ~= value) {
      throw ModelConfigurationError(
        key: option.rawValue, problem: "is \(value); it must be in 1...\(option.limit)")
    }
  }

  /// Refuses a width that the heads or the position table cannot share, or heads that rotary angles
  /// cannot turn.
  static func check(
    width: Int, heads: Int, hasPositions: Bool, isRotary: Bool
  ) throws(ModelConfigurationError) {
    guard width % heads == 0 else {
      throw ModelConfigurationError(
        key: Self.heads.rawValue, problem: "is \(heads), which does not divide hidden_size \(width)"
      )
    }
    guard !hasPositions || width % 4 == 0 else {
      throw ModelConfigurationError(
        key: Self.width.rawValue, problem: "is \(width); the position table needs a multiple of 4")
    }
    guard !isRotary || width / heads % 4 == 0 else {
      throw ModelConfigurationError(
        key: Self.heads.rawValue,
        problem: """
          is \(heads), so a head is \(width / heads) wide, where upstream crashes; rotary positions \
          need hidden_size / num_heads to be a multiple of 4
          """)
    }
  }

  /// Refuses a share that is none.
  static func check(classDropoutProbability share: Double) throws(ModelConfigurationError) {
    guard 0...1 ~= share else {
      throw ModelConfigurationError(
        key: "class_dropout_prob", problem: "is \(share); it must be in 0...1")
    }
  }

  /// Refuses adaLN without shifts.
  static func check(withoutShift: Bool) throws(ModelConfigurationError) {
    guard !withoutShift else {
      throw ModelConfigurationError(
        key: "wo_shift", problem: "is true, where upstream crashes; set it to false")
    }
  }
}

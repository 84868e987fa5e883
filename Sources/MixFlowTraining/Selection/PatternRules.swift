import MixFlowCheckpoint

/// A learning rate for the parameters that a pattern stands for.
public struct LearningRateRule: Codable, Equatable, Sendable {
  /// The glob over names.
  public var pattern: String
  /// A factor on the learning rate; or nil where ``rate`` is given.
  public var factor: Double?
  /// The rate at the end of the warm-up, in place of `learning_rate`; the schedule scales both alike.
  public var rate: Double?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case pattern, factor, rate
  }

  /// Creates a rule with a factor or a rate.
  public init(pattern: String, factor: Double? = nil, rate: Double? = nil) {
    (self.pattern, self.factor, self.rate) = (pattern, factor, rate)
  }

  /// Reads a rule; exactly one of `factor` and `rate` must be there.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.ruleContainer(CodingKeys.self, required: .pattern)
    pattern = try values.decode(String.self, forKey: .pattern)
    factor = try values.decodeIfPresent(Double.self, forKey: .factor)
    rate = try values.decodeIfPresent(Double.self, forKey: .rate)
    guard (factor == nil) != (rate == nil) else {
      throw ConfigurationError(
        key: decoder.settingPath, problem: "needs either 'factor' or 'rate' beside 'pattern'")
    }
  }
}

/// A weight decay for the parameters that a pattern stands for.
public struct WeightDecayRule: Codable, Equatable, Sendable {
  /// The glob over names.
  public var pattern: String
  /// The decoupled weight decay, in place of `weight_decay`.
  public var decay: Double

  enum CodingKeys: String, CodingKey, CaseIterable {
    case pattern, decay
  }

  /// Creates a rule.
  public init(pattern: String, decay: Double) {
    (self.pattern, self.decay) = (pattern, decay)
  }

  /// Reads a rule.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.ruleContainer(CodingKeys.self, required: .pattern, .decay)
    pattern = try values.decode(String.self, forKey: .pattern)
    decay = try values.decode(Double.self, forKey: .decay)
  }
}

extension Decoder {
  /// The place of what is read, such as `training.learning_rates[0]`.
  fileprivate var settingPath: String {
    codingPath.reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += path.isEmpty ? key.stringValue : "." + key.stringValue
      }
    }
  }

  /// Opens an element of a list, whose keys no default names, and refuses what it does not know.
  fileprivate func ruleContainer<Keys: CodingKey & CaseIterable & Equatable>(
    _ keys: Keys.Type, required: Keys...
  ) throws -> KeyedDecodingContainer<Keys> {
    let known = Keys.allCases.map(\.stringValue)
    let found = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    if let unknown = found.first(where: { !known.contains($0) }) {
      let near = nearest(to: unknown, among: known, limit: 1).first
      throw ConfigurationError(
        key: "\(settingPath).\(unknown)",
        problem: "unknown key; "
          + (near.map { "did you mean '\($0)'?" } ?? "known: \(known.joined(separator: ", "))"))
    }
    if let missing = required.first(where: { !found.contains($0.stringValue) }) {
      throw ConfigurationError(key: settingPath, problem: "lacks the key '\(missing.stringValue)'")
    }
    return try container(keyedBy: keys)
  }
}

/// A key of any name.
private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

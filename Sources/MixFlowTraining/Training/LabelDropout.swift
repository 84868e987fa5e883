/// The replacement of some labels by the null class in training, which makes guidance possible
/// (Ho and Salimans, 2022; SiT `LabelEmbedder.token_drop`).
public struct LabelDropout: Equatable, Sendable {
  /// The share of labels dropped, in `[0, 1]`.
  public let probability: Double
  /// The label that stands for no class, or nil to drop none.
  public let nullClass: Int?

  /// Creates the rule.
  public init(probability: Double, nullClass: Int?) {
    self.probability = probability
    self.nullClass = nullClass
  }

  /// Returns the label, or the null class where `u`, uniform in `[0, 1)`, is below the probability.
  public func callAsFunction(_ label: Int, u: Double) -> Int {
    guard let nullClass, u < probability else { return label }
    return nullClass
  }
}

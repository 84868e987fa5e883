import MixFlowTensor

/// What the elements of one or several tensors look like.
struct TensorStatistics: Encodable {
  private(set) var elements = 0
  private(set) var nan = 0
  private(set) var infinite = 0
  /// The least finite element, or nil where there is none.
  private(set) var minimum: Float?
  /// The greatest finite element, or nil where there is none.
  private(set) var maximum: Float?
  private(set) var norm = 0.0

  /// Whether all elements are finite.
  var isFinite: Bool { nan == 0 && infinite == 0 }

  init() {}

  init(_ tensor: Tensor) {
    let scan = tensor.scanned()
    elements = tensor.count
    nan = scan.nanCount
    infinite = scan.infiniteCount
    minimum = scan.range?.lowerBound
    maximum = scan.range?.upperBound
    norm = scan.squaredNorm.squareRoot()
  }

  /// Adds another tensor's statistics.
  mutating func add(_ other: TensorStatistics) {
    elements += other.elements
    nan += other.nan
    infinite += other.infinite
    minimum = [minimum, other.minimum].compactMap(\.self).min()
    maximum = [maximum, other.maximum].compactMap(\.self).max()
    norm = (norm * norm + other.norm * other.norm).squareRoot()
  }
}

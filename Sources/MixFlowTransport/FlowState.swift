/// A batch of points that a flow moves: images, latents, or plain numbers.
///
/// This is all that the paths, objectives and solvers know of your array type. Four short members
/// make a type a state; everything else has a default that is correct, and that a fast array
/// library replaces by fused kernels. The solvers build every new state with
/// `combination(_: [(Double, Self)])`, so fusing that one function is enough to lose no speed.
public protocol FlowState {
  /// The number of samples in the batch, `B`.
  var sampleCount: Int { get }

  /// Every element as a `Double`, sample after sample; read only by the default error norm.
  var scalars: [Double] { get }

  /// Scales every sample by a factor of its own.
  ///
  /// - Parameter factors: One factor per sample, `[B]`.
  /// - Returns: The batch with sample `b` multiplied by `factors[b]`.
  func scaled(by factors: [Double]) -> Self

  /// Returns the elementwise sum.
  static func + (left: Self, right: Self) -> Self

  // MARK: Members with defaults

  /// Returns the elementwise difference.
  static func - (left: Self, right: Self) -> Self

  /// Returns the batch multiplied by one factor.
  func scaled(by factor: Double) -> Self

  /// Sums states of one shape with weights.
  ///
  /// - Parameter terms: At least one pair of a weight and a state.
  /// - Returns: `Σ wᵢ xᵢ`.
  static func combination(_ terms: [(Double, Self)]) -> Self

  /// Sums states of one shape with weights of its own for every sample.
  ///
  /// - Parameter terms: At least one pair of weights `[B]` and a state.
  /// - Returns: `Σ wᵢ xᵢ`, sample by sample.
  static func combination(_ terms: [([Double], Self)]) -> Self

  /// Returns the root mean square of `error / (absolute + relative · max(|a|, |b|))`.
  ///
  /// The mean is over every element of the whole batch. Adaptive solvers accept a step whose norm
  /// is at most one.
  static func errorNorm(
    of error: Self, between a: Self, and b: Self, tolerance: ErrorTolerance
  ) -> Double
}

/// How much error an adaptive solver allows in one step, element by element.
public struct ErrorTolerance: Hashable, Sendable {
  /// The error allowed whatever the size of the element.
  public let absolute: Double
  /// The error allowed in proportion to the size of the element.
  public let relative: Double

  /// Makes a tolerance; the defaults are those of SiT's samplers.
  public init(absolute: Double = 1e-6, relative: Double = 1e-3) {
    self.absolute = absolute
    self.relative = relative
  }
}

extension FlowState {
  public static func - (left: Self, right: Self) -> Self {
    combination([(1, left), (-1, right)])
  }

  public func scaled(by factor: Double) -> Self {
    scaled(by: [Double](repeating: factor, count: sampleCount))
  }

  public static func combination(_ terms: [(Double, Self)]) -> Self {
    precondition(!terms.isEmpty, "A combination needs at least one term.")
    return terms.dropFirst().reduce(terms[0].1.scaled(by: terms[0].0)) { sum, term in
      sum + term.1.scaled(by: term.0)
    }
  }

  public static func combination(_ terms: [([Double], Self)]) -> Self {
    precondition(!terms.isEmpty, "A combination needs at least one term.")
    return terms.dropFirst().reduce(terms[0].1.scaled(by: terms[0].0)) { sum, term in
      sum + term.1.scaled(by: term.0)
    }
  }

  public static func errorNorm(
    of error: Self, between a: Self, and b: Self, tolerance: ErrorTolerance
  ) -> Double {
    let errors = error.scalars
    let sizes = zip(a.scalars, b.scalars).lazy.map { max($0.magnitude, $1.magnitude) }
    let sum = zip(errors, sizes).reduce(0.0) { sum, element in
      let ratio = element.0 / (tolerance.absolute + tolerance.relative * element.1)
      return sum + ratio * ratio
    }
    return errors.isEmpty ? 0 : (sum / Double(errors.count)).squareRoot()
  }
}

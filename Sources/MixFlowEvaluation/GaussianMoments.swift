/// The mean and the covariance of feature vectors, in double precision.
public struct GaussianMoments: Equatable, Sendable {
  /// The mean, `[D]`.
  public let mean: [Double]
  /// The covariance, `[D, D]`, normalised by the number of samples less one as `np.cov` does.
  public let covariance: [Double]

  /// The length D of a feature vector.
  public var dimensions: Int { mean.count }

  /// Takes moments that were computed elsewhere, such as published reference statistics.
  ///
  /// - Parameters:
  ///   - mean: The mean, `[D]`.
  ///   - covariance: The covariance, `[D, D]`, symmetric.
  /// - Throws: `EvaluationError` where sizes disagree or values are not finite.
  public init(mean: [Double], covariance: [Double]) throws {
    guard covariance.count == mean.count * mean.count else {
      throw EvaluationError.momentSizes(mean: mean.count, covariance: covariance.count)
    }
    guard mean.allSatisfy(\.isFinite), covariance.allSatisfy(\.isFinite) else {
      throw EvaluationError.momentsNotFinite
    }
    self.mean = mean
    self.covariance = covariance
  }

  /// Computes the moments of feature rows, one per sample.
  ///
  /// - Parameter rows: At least two rows of one length.
  /// - Throws: `EvaluationError` where rows differ in length, are fewer than two or not finite.
  public init(of rows: some Sequence<[Double]>) throws {
    var rows = rows.makeIterator()
    guard let first = rows.next() else { throw EvaluationError.tooFewSamples(0) }
    var accumulator = MomentAccumulator(dimensions: first.count)
    try accumulator.add(first)
    while let row = rows.next() { try accumulator.add(row) }
    self = try accumulator.moments()
  }
}

/// Collects the moments of feature vectors one by one, without keeping the vectors.
///
/// Welford's update of mean and scatter, which loses no digits where the mean is large beside the
/// spread; parts that were collected apart are joined by Chan's rule.
public struct MomentAccumulator: Sendable {
  /// The number of vectors so far.
  public private(set) var count = 0
  private var mean: [Double]
  /// The sum of outer products of deviations from the mean; only `column <= row` is kept up.
  private var scatter: [Double]

  /// Starts without vectors.
  ///
  /// - Parameter dimensions: The length of a feature vector.
  public init(dimensions: Int) {
    mean = [Double](repeating: 0, count: dimensions)
    scatter = [Double](repeating: 0, count: dimensions * dimensions)
  }

  /// Adds the feature vector of one sample.
  ///
  /// - Parameter features: The vector, `[D]`.
  /// - Throws: `EvaluationError` where the length differs or a value is not finite.
  public mutating func add(_ features: [Double]) throws {
    guard features.count == mean.count else {
      throw EvaluationError.rowLength(row: count, found: features.count, expected: mean.count)
    }
    if let column = features.firstIndex(where: { !$0.isFinite }) {
      throw EvaluationError.notFinite(row: count, column: column)
    }
    let deviation = zip(features, mean).map { $0 - $1 }
    addOuterProduct(of: deviation, scaledBy: Double(count) / Double(count + 1))
    count += 1
    for index in mean.indices { mean[index] += deviation[index] / Double(count) }
  }

  /// Adds all vectors that another accumulator has seen.
  ///
  /// - Parameter other: An accumulator of vectors of the same length.
  /// - Throws: `EvaluationError.dimensions` where the lengths differ.
  public mutating func merge(_ other: MomentAccumulator) throws {
    guard other.mean.count == mean.count else {
      throw EvaluationError.dimensions(mean.count, other.mean.count)
    }
    guard other.count > 0 else { return }
    let share = Double(other.count) / Double(count + other.count)
    let deviation = zip(other.mean, mean).map { $0 - $1 }
    for index in scatter.indices { scatter[index] += other.scatter[index] }
    addOuterProduct(of: deviation, scaledBy: Double(count) * share)
    for index in mean.indices { mean[index] += deviation[index] * share }
    count += other.count
  }

  /// Returns the moments of what was added.
  ///
  /// - Throws: `EvaluationError.tooFewSamples` for fewer than two vectors.
  public func moments() throws -> GaussianMoments {
    guard count >= 2 else { throw EvaluationError.tooFewSamples(count) }
    let dimensions = mean.count
    var covariance = scatter
    for row in 0..<dimensions {
      for column in 0...row {
        let value = scatter[row * dimensions + column] / Double(count - 1)
        covariance[row * dimensions + column] = value
        covariance[column * dimensions + row] = value
      }
    }
    return try GaussianMoments(mean: mean, covariance: covariance)
  }

  private mutating func addOuterProduct(of vector: [Double], scaledBy factor: Double) {
    scatter.withUnsafeMutableBufferPointer { scatter in
      for row in vector.indices {
        let scaled = factor * vector[row]
        for column in 0...row {
          scatter[row * vector.count + column] += scaled * vector[column]
        }
      }
    }
  }
}

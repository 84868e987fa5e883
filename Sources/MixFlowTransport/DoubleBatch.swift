/// A batch of equal samples in double precision, for solvers whose sums must not round to float32.
///
/// REPA and DiT keep their states so while the network sees float32.
public struct DoubleBatch: FlowState, Equatable, Sendable {
  /// All elements, sample after sample.
  public var values: [Double]
  /// The number of samples.
  public let sampleCount: Int

  /// Makes a batch.
  ///
  /// - Parameters:
  ///   - values: All elements, sample after sample.
  ///   - sampleCount: The number of samples, a divisor of the number of elements.
  public init(_ values: [Double], sampleCount: Int) {
    precondition(
      sampleCount > 0 && values.count % sampleCount == 0,
      "\(values.count) values for \(sampleCount) samples")
    self.values = values
    self.sampleCount = sampleCount
  }

  /// The number of elements of a sample.
  public var sampleSize: Int { values.count / sampleCount }

  public var scalars: [Double] { values }

  public func scaled(by factors: [Double]) -> DoubleBatch {
    Self.combination([(factors, self)])
  }

  public static func + (left: DoubleBatch, right: DoubleBatch) -> DoubleBatch {
    combination([(1, left), (1, right)])
  }

  public static func combination(_ terms: [(Double, DoubleBatch)]) -> DoubleBatch {
    combination(
      terms.map { weight, batch in
        ([Double](repeating: weight, count: batch.sampleCount), batch)
      })
  }

  public static func combination(_ terms: [([Double], DoubleBatch)]) -> DoubleBatch {
    precondition(!terms.isEmpty, "A combination needs at least one term.")
    let (count, size) = (terms[0].1.sampleCount, terms[0].1.sampleSize)
    precondition(
      terms.allSatisfy {
        $0.1.sampleCount == count && $0.1.sampleSize == size && $0.0.count == count
      }, "A combination of batches of different shapes.")
    var values = [Double](repeating: 0, count: count * size)
    for (weights, batch) in terms {
      for sample in 0..<count {
        let weight = weights[sample]
        for index in sample * size..<(sample + 1) * size {
          values[index] += weight * batch.values[index]
        }
      }
    }
    return DoubleBatch(values, sampleCount: count)
  }
}

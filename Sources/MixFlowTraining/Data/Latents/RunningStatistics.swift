import MixFlowModels
import MixFlowTensor

/// Means and biased variances, element by element, that follow the batches seen (`BatchNorm`'s).
struct RunningStatistics {
  private let momentum: Double
  private var shape: [Int] = []
  private var running: (mean: [Double], variance: [Double])?
  /// Sums of differences from the first sample of the batch, which keeps them small.
  private var origin: [Float] = []
  private var sum: [Double] = []
  private var sumOfSquares: [Double] = []
  private var count = 0.0

  init(momentum: Double) { self.momentum = momentum }

  /// Adds a sample to the batch; returns false, without adding it, where its shape differs.
  mutating func add(_ sample: Tensor) -> Bool {
    if shape.isEmpty { shape = sample.shape }
    guard sample.shape == shape else { return false }
    let values = sample.array
    if count == 0 {
      origin = values
      sum = [Double](repeating: 0, count: values.count)
      sumOfSquares = sum
    }
    for (index, value) in values.enumerated() {
      let difference = Double(value) - Double(origin[index])
      sum[index] += difference
      sumOfSquares[index] += difference * difference
    }
    count += 1
    return true
  }

  /// Moves the statistics by what the batch has.
  mutating func endBatch() {
    guard count > 0 else { return }
    let mean = zip(origin, sum).map { Double($0) + $1 / count }
    let variance = zip(sum, sumOfSquares).map { max(0, $1 / count - $0 / count * ($0 / count)) }
    func moved(_ old: [Double], _ new: [Double]) -> [Double] {
      zip(old, new).map { $0 + momentum * ($1 - $0) }
    }
    running =
      running.map { (moved($0.mean, mean), moved($0.variance, variance)) } ?? (mean, variance)
    count = 0
  }

  /// The statistics after the last whole batch.
  var statistics: LatentStatistics {
    get throws(ModelConfigurationError) {
      try LatentStatistics(
        mean: running.map { Tensor($0.mean.map { Float($0) }, shape: shape) },
        variance: running.map { Tensor($0.variance.map { Float($0) }, shape: shape) })
    }
  }
}

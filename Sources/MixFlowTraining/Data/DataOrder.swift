/// The order in which training visits the samples: every epoch a new shuffle, without end.
///
/// A cursor counts the samples that were visited since the start of training. The sample at a
/// cursor depends on the seed and the cursor alone, so a run that resumes at a cursor goes on
/// exactly as if it had not stopped, and a change of the batch size skips nothing. Batches run
/// across the ends of epochs; no sample is dropped or repeated within an epoch.
public struct DataOrder: Sendable {
  /// The number of samples in an epoch.
  public let count: Int
  /// The number that chooses among all orders.
  public let seed: UInt64
  private var epoch: Int
  private var indices: [Int]

  /// Describes the order of `count` samples.
  ///
  /// - Parameters:
  ///   - count: The number of samples, at least 1.
  ///   - seed: The number that chooses among all orders.
  public init(count: Int, seed: UInt64) {
    precondition(count > 0, "an order of \(count) samples")
    self.count = count
    self.seed = seed
    epoch = 0
    indices = DataOrder.permutation(of: count, seed: seed, epoch: 0)
  }

  /// Returns the order of the samples within one epoch: each of `0..<count` once.
  public static func permutation(of count: Int, seed: UInt64, epoch: Int) -> [Int] {
    var generator = RandomPurpose.epoch.generator(seed: seed, index: epoch)
    return shuffledIndices(count, using: &generator)
  }

  /// Returns the epoch that a cursor is in, from 0.
  public func epoch(at cursor: Int) -> Int { cursor / count }

  /// Returns the samples at `cursor` and after it.
  ///
  /// The shuffle of one epoch is kept between calls, so walking on is cheap and a jump to another
  /// epoch costs one shuffle.
  ///
  /// - Parameters:
  ///   - cursor: The number of samples that were visited before, from 0.
  ///   - batch: The number of samples wanted.
  /// - Returns: `batch` indices in `0..<count`.
  public mutating func samples(at cursor: Int, count batch: Int) -> [Int] {
    precondition(cursor >= 0 && batch >= 0, "\(batch) samples at cursor \(cursor)")
    return (cursor..<cursor + batch).map { cursor in
      if epoch(at: cursor) != epoch {
        epoch = epoch(at: cursor)
        indices = DataOrder.permutation(of: count, seed: seed, epoch: epoch)
      }
      return indices[cursor % count]
    }
  }
}

/// Returns each of `0..<count` once, in an order that the generator chooses.
///
/// Fisher and Yates's shuffle, in Durstenfeld's form. It is our own because the standard library
/// does not promise the same order in its next version.
func shuffledIndices(_ count: Int, using generator: inout some RandomNumberGenerator) -> [Int] {
  var indices = Array(0..<count)
  for last in stride(from: count - 1, to: 0, by: -1) {
    // The high half of a 128-bit product is in 0...last, uneven by less than count / 2^64.
    let product = generator.next().multipliedFullWidth(by: UInt64(last + 1))
    indices.swapAt(last, Int(product.high))
  }
  return indices
}

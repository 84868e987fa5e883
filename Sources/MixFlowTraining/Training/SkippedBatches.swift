/// The batches of a run that are left out, because training on them went wrong.
///
/// A run still makes all its steps: step `n` takes the `n`-th of the batches that are not left out.
public struct SkippedBatches: Equatable, Sendable {
  /// Their numbers, ascending, each once; batches are counted from 0.
  public private(set) var numbers: [Int]

  /// Creates the record.
  public init(_ numbers: [Int] = []) {
    self.numbers = Set(numbers).sorted()
  }

  /// Leaves one more out.
  mutating func insert(_ number: Int) { self = SkippedBatches(numbers + [number]) }

  /// The batch that the step after `step` steps takes.
  package func batch(after step: Int) -> Int {
    numbers.reduce(step) { batch, skipped in skipped <= batch ? batch + 1 : batch }
  }
}
